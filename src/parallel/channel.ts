import type { Port, Thread } from '../runtime/thread.js';
import { isFloat32, isSharedArrayBuffer } from '../validation/arrays.js';

/** Plain data and arrays. Received arrays are views that the next message overwrites. */
export interface Message<Header = unknown> {
  readonly header: Header;
  readonly arrays: readonly (Float32Array | Int32Array)[];
}

/** An array's place in a buffer. */
interface ArrayLocation {
  readonly offset: number;
  readonly length: number;
  readonly integers: boolean;
}

/**
 * The longest that `receive` busy-waits before it sleeps; it never spins longer than this side's own work took. A loss takes
 * a millisecond or two and waking up as long again: with 1 instead of 4 two threads ran 1.6 times the steps of one, not 1.8
 * (128 units, batch 32). Where steps are small and others need the processor, a longer spin would be most of the time.
 */
const SPIN_MILLISECONDS = 4;

/** Words of the control buffer, one per side each: messages sent, buffers allocated for them, whether the side sleeps. */
const [SENT, BUFFERS, ASLEEP] = [0, 2, 4] as const;

/** The control buffer that both ends of a channel share. */
export function allocateControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(6 * 4);
}

/**
 * One end, 0 or 1, of a channel through shared memory between two threads that send in alternation. Messages lie in shared
 * memory; ports only carry buffers, when a message needs a larger one, and wake a side that sleeps.
 */
export class Channel {
  readonly #side: 0 | 1;
  readonly #control: Int32Array;
  #port: (Port & Partial<Thread>) | undefined;
  #outgoing = new SharedArrayBuffer(0);
  #incoming = new SharedArrayBuffer(0);
  #received = 0;
  #buffers = 0;
  #receivedAt = 0;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(side: 0 | 1, control: SharedArrayBuffer) {
    this.#side = side;
    this.#control = new Int32Array(control);
  }

  attach(port: Port & Partial<Thread>): void {
    this.#port = port;
  }

  /** Handles a message of the port. */
  onPortMessage(message: unknown): void {
    if (isSharedArrayBuffer(message)) {
      this.#incoming = message;
      this.#buffers++;
    }
    this.#wake?.();
  }

  /** Makes `receive` reject: the other side has ended. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  send({ header, arrays }: Message): void {
    let end = 0;
    const locations = arrays.map((array): ArrayLocation => {
      const offset = end;
      end += Math.ceil(array.length / 16) * 64;
      return { offset, length: array.length, integers: !isFloat32(array) };
    });
    const text = new TextEncoder().encode(JSON.stringify({ header, locations }));
    const bytes = this.#reserve(end + text.length);
    for (const [n, array] of arrays.entries()) view(this.#outgoing, locations[n] as ArrayLocation).set(array);
    bytes.set(text, end);
    new Int32Array(this.#outgoing, this.#outgoing.byteLength - 8).set([end, text.length]);
    Atomics.add(this.#control, SENT + this.#side, 1);
    if (Atomics.load(this.#control, ASLEEP + 1 - this.#side)) this.#port?.post(null);
  }

  /** The next message of the other side. @throws Error once that side has ended */
  async receive<Header>(): Promise<Message<Header>> {
    this.#received++;
    if (!this.#spin()) await this.#sleep();
    this.#receivedAt = performance.now();
    const [offset = 0, length = 0] = new Int32Array(this.#incoming, this.#incoming.byteLength - 8);
    // A copy: TextDecoder refuses shared memory.
    const text = new TextDecoder().decode(new Uint8Array(this.#incoming, offset, length).slice());
    const { header, locations } = JSON.parse(text) as { header: Header; locations: ArrayLocation[] };
    return { header, arrays: locations.map((location) => view(this.#incoming, location)) };
  }

  /** The outgoing buffer, grown to at least `size` bytes and 8 more at its end for where the header lies. */
  #reserve(size: number): Uint8Array {
    if (size + 8 > this.#outgoing.byteLength) {
      this.#outgoing = new SharedArrayBuffer(Math.ceil(size / 4096) * 4096 + 4096);
      Atomics.add(this.#control, BUFFERS + this.#side, 1);
      this.#port?.post(this.#outgoing);
    }
    return new Uint8Array(this.#outgoing);
  }

  /** Whether the message has been sent and its buffer has come through the port. */
  #ready(): boolean {
    const other = 1 - this.#side;
    return (
      Atomics.load(this.#control, SENT + other) === this.#received &&
      Atomics.load(this.#control, BUFFERS + other) === this.#buffers
    );
  }

  #spin(): boolean {
    const now = performance.now();
    const end = now + Math.min(SPIN_MILLISECONDS, now - this.#receivedAt);
    do {
      for (let n = 0; n < 1000; n++) if (this.#ready()) return true;
    } while (performance.now() < end);
    return false;
  }

  async #sleep(): Promise<void> {
    const asleep = ASLEEP + this.#side;
    // Stored before checking for the message again: either the other side sees the flag, or this side sees the message.
    Atomics.store(this.#control, asleep, 1);
    this.#port?.keepAlive?.(true);
    try {
      while (!this.#ready()) {
        if (this.#failure) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#port?.keepAlive?.(false);
      Atomics.store(this.#control, asleep, 0);
    }
  }
}

function view(
  buffer: SharedArrayBuffer,
  { offset, length, integers }: ArrayLocation,
): Float32Array | Int32Array {
  return integers ? new Int32Array(buffer, offset, length) : new Float32Array(buffer, offset, length);
}
