import type { Runtime } from './runtime.js';

/** A use of memory that spans several calls: while it is closed, others may read that memory but not change it. */
interface Lock {
  /** What is in progress, for messages. */
  readonly use: string;
  readonly closed: boolean;
  /** Whether the newest values are in another thread. */
  readonly elsewhere: boolean;
}

/**
 * The blocks of the core's memory that one object of the host owns. It has no reference to that owner, so that the registry
 * below can free them after the owner was garbage-collected without `dispose`.
 */
export class Allocations {
  declare readonly runtime: Runtime;
  readonly #pointers = new Set<number>();
  #disposed: string | undefined;
  #lock: Lock | undefined;

  constructor(runtime: Runtime, owner: { dispose(): void }) {
    this.runtime = runtime;
    disposable(owner);
    registry?.register(owner, this, this);
  }

  allocate(bytes: number): number {
    const pointer = this.runtime.allocate(bytes);
    this.#pointers.add(pointer);
    return pointer;
  }

  /** A block of zeros. */
  allocateZeros(bytes: number): number {
    const pointer = this.allocate(bytes);
    this.runtime.floats(pointer, Math.ceil(bytes / 4)).fill(0);
    return pointer;
  }

  /** A block for the arrays that `layOut` places: it gets the start of a block and returns how many bytes it takes. */
  allocateFor(layOut: (base: number) => number): void {
    layOut(this.allocate(layOut(0)));
  }

  free(pointer: number): void {
    if (this.#pointers.delete(pointer)) this.runtime.free(pointer);
  }

  /** @throws Error once the owner was disposed of */
  check(): void {
    if (this.#disposed !== undefined)
      throw new Error(`this ${this.#disposed} was disposed of and can no longer be used`);
  }

  /** Asked before every change. @throws Error once the owner was disposed of, or while it is locked */
  checkFree(): void {
    this.check();
    if (this.#lock?.closed) throw busy(this.#lock);
  }

  /** Asked before values are saved. @throws Error once the owner was disposed of, or while its newest values are elsewhere */
  checkHere(): void {
    this.check();
    if (this.#lock?.elsewhere) throw busy(this.#lock);
  }

  get lock(): Lock | undefined {
    return this.#lock;
  }

  set lock(lock: Lock | undefined) {
    this.#lock = lock;
    if (this.#disposed !== undefined) this.dispose(this.#disposed);
  }

  /**
   * Later uses throw an error that names `owner`. The memory is freed now, or when the last lock is released: a computation
   * in progress may still read it. A second call does nothing.
   */
  dispose(owner: string): void {
    this.#disposed ??= owner;
    if (this.#lock) return;
    registry?.unregister(this);
    for (const pointer of this.#pointers) this.runtime.free(pointer);
    this.#pointers.clear();
  }
}

export function busy({ use }: Lock): Error {
  return new Error(`The model is busy: ${use} is running`);
}

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Allocations>((allocations) => allocations.dispose('object'));

/**
 * The method that `using` calls, where the engine has its symbol: elsewhere `[Symbol.dispose]` in a class would define a
 * method named "undefined". Defining it when the file is loaded would keep bundlers from removing unused classes.
 */
const disposeSymbol = (Symbol as { dispose?: symbol }).dispose;

export function disposable(owner: object): void {
  const prototype = Object.getPrototypeOf(owner);
  if (disposeSymbol === undefined || disposeSymbol in prototype) return;
  prototype[disposeSymbol] = function (this: { dispose(): void }) {
    this.dispose();
  };
}
