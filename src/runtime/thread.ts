/** A worker as whoever started it sees it: `#threads` opens one, in the way of its environment. */
export interface Thread extends Port {
  /** Whether the process stays alive for it. */
  hold(held: boolean): void;
  end(): Promise<void>;
}

/** The way to the other side of a worker. */
export interface Port {
  /** What is transferred is gone here. */
  post(message: unknown, transferred?: readonly ArrayBuffer[]): void;
}

/** Told of each message that comes. */
export type Heard = (message: unknown) => void;

/** Told when a worker has ended of itself. */
export type Failed = (error: Error) => void;
