/**
 * Yields to the event loop, so that timers, input and painting run. `setImmediate` does just that where it exists;
 * elsewhere a message to this thread itself, which is faster than a timer (four milliseconds in a page). Node handles up
 * to a thousand messages in one turn of its loop, so there a message would starve everything else.
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
