import type { Port, Thread } from '../runtime/thread.js';

/** What goes over a line: plain data, and arrays. Those received are views that the next message overwrites. */
export interface Message<Header = unknown> {
  readonly header: Header;
  readonly arrays: readonly (Float32Array | Int32Array)[];
}

/** Where an array lies in a buffer. */
interface Place {
  readonly offset: number;
  readonly length: number;
  readonly ids: boolean;
}

/**
 * How long one side looks for the other's message before it goes to sleep: as long as its own work took, but no longer than
 * this. A loss takes a millisecond or two, and waking up as long again: with 1 in the place of 4 two threads gave 1.6 times
 * the steps of one, not 1.8 (128 units, batch 32). Where the steps are small and others want the processor, looking for so
 * long would be most of the time.
 */
const SPIN_MILLISECONDS = 4;

/** Words of the control buffer, each for both sides: messages sent, buffers made for them, whether one sleeps. */
const [SENT, BUFFERS, ASLEEP] = [0, 2, 4] as const;

export function makeControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(6 * 4);
}

/**
 * One of the two ends, 0 and 1, of a line between threads that take turns to send. Messages lie in shared memory; the
 * ports carry only buffers that are larger than those before, and what wakes a side that sleeps.
 */
export class Line {
  readonly #side: 0 | 1;
  readonly #control: Int32Array;
  #port: (Port & Partial<Thread>) | undefined;
  #outgoing = new SharedArrayBuffer(0);
  #incoming = new SharedArrayBuffer(0);
  #received = 0;
  #buffers = 0;
  #since = 0;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(side: 0 | 1, control: SharedArrayBuffer) {
    this.#side = side;
    this.#control = new Int32Array(control);
  }

  attach(port: Port & Partial<Thread>): void {
    this.#port = port;
  }

  /** A message of the port. */
  hear(message: unknown): void {
    if (message instanceof SharedArrayBuffer) {
      this.#incoming = message;
      this.#buffers++;
    }
    this.#wake?.();
  }

  /** Nothing will come any more. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  send({ header, arrays }: Message): void {
    let end = 0;
    const places = arrays.map((array): Place => {
      const offset = end;
      end += Math.ceil(array.length / 16) * 64;
      return { offset, length: array.length, ids: array instanceof Int32Array };
    });
    const text = new TextEncoder().encode(JSON.stringify({ header, places }));
    const bytes = this.#room(end + text.length);
    for (const [n, array] of arrays.entries()) view(this.#outgoing, places[n] as Place).set(array);
    bytes.set(text, end);
    new Int32Array(this.#outgoing, this.#outgoing.byteLength - 8).set([end, text.length]);
    Atomics.add(this.#control, SENT + this.#side, 1);
    if (Atomics.load(this.#control, ASLEEP + 1 - this.#side)) this.#port?.post(null);
  }

  /** The next message of the other side. @throws Error once that has ended */
  async receive<Header>(): Promise<Message<Header>> {
    this.#received++;
    if (!this.#look()) await this.#sleep();
    this.#since = performance.now();
    const [offset = 0, length = 0] = new Int32Array(this.#incoming, this.#incoming.byteLength - 8);
    // A copy: decoders take no shared memory.
    const text = new TextDecoder().decode(new Uint8Array(this.#incoming, offset, length).slice());
    const { header, places } = JSON.parse(text) as { header: Header; places: Place[] };
    return { header, arrays: places.map((place) => view(this.#incoming, place)) };
  }

  /** The buffer that goes out, with room for so many bytes, and at its end for where the header lies. */
  #room(bytes: number): Uint8Array {
    if (bytes + 8 > this.#outgoing.byteLength) {
      this.#outgoing = new SharedArrayBuffer(Math.ceil(bytes / 4096) * 4096 + 4096);
      Atomics.add(this.#control, BUFFERS + this.#side, 1);
      this.#port?.post(this.#outgoing);
    }
    return new Uint8Array(this.#outgoing);
  }

  /** Whether the message is there, and the buffer that it lies in. */
  #ready(): boolean {
    const other = 1 - this.#side;
    return (
      Atomics.load(this.#control, SENT + other) === this.#received &&
      Atomics.load(this.#control, BUFFERS + other) === this.#buffers
    );
  }

  #look(): boolean {
    const now = performance.now();
    const end = now + Math.min(SPIN_MILLISECONDS, now - this.#since);
    do {
      for (let n = 0; n < 1000; n++) if (this.#ready()) return true;
    } while (performance.now() < end);
    return false;
  }

  async #sleep(): Promise<void> {
    const asleep = ASLEEP + this.#side;
    // Before the message is looked for once more: the other side either sees this, or is seen.
    Atomics.store(this.#control, asleep, 1);
    this.#port?.hold?.(true);
    try {
      while (!this.#ready()) {
        if (this.#failure) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#port?.hold?.(false);
      Atomics.store(this.#control, asleep, 0);
    }
  }
}

function view(buffer: SharedArrayBuffer, { offset, length, ids }: Place): Float32Array | Int32Array {
  return ids ? new Int32Array(buffer, offset, length) : new Float32Array(buffer, offset, length);
}
