/** A started worker, seen from the thread that started it. `#threads` starts one, in the way of its environment. */
export interface Thread extends Port {
  /** Whether the worker keeps the process alive, where there is a process to keep. */
  keepAlive(keep: boolean): void;
  terminate(): Promise<void>;
}

/** Sends messages to the thread on the other side. */
export interface Port {
  /** Buffers in `transfer` are detached in this thread. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
}

export type OnMessage = (message: unknown) => void;

/** Called when a worker fails or exits without having been terminated. */
export type OnFailure = (error: Error) => void;
