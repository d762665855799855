/**
 * Yields to the event loop, so that timers, input and painting run. It uses `setImmediate` if there is one, otherwise a message
 * to its own thread, which is faster than a timer (four milliseconds in a page). Not messages everywhere: Node handles up to a
 * thousand of them in one iteration of its loop, which would starve everything else.
 */
export class EventLoop {
  readonly #channel =
    typeof setImmediate === 'function' || typeof MessageChannel === 'undefined'
      ? undefined
      : new MessageChannel();
  #resume: (() => void) | undefined;

  constructor() {
    if (this.#channel) this.#channel.port1.onmessage = () => this.#resume?.();
  }

  yield(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      if (this.#channel) this.#channel.port2.postMessage(0);
      else if (typeof setImmediate === 'function') setImmediate(resolve);
      else setTimeout(resolve, 0);
    });
  }

  /** An open channel would keep the page's port alive. */
  close(): void {
    this.#channel?.port1.close();
  }
}
