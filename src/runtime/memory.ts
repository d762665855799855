import type { Runtime } from './runtime.js';

/**
 * What one object of the host holds in the core's memory. It does not know its owner, so that it can outlive it: the
 * registry gives everything back when an owner is collected without `dispose`.
 */
export class Holdings {
  declare readonly runtime: Runtime;
  readonly #pointers = new Set<number>();
  #disposed: string | undefined;

  constructor(runtime: Runtime, owner: { dispose(): void }) {
    this.runtime = runtime;
    disposable(owner);
    registry?.register(owner, this, this);
  }

  take(bytes: number): number {
    const pointer = this.runtime.allocate(bytes);
    this.#pointers.add(pointer);
    return pointer;
  }

  /** A block of zeros. */
  takeZeros(bytes: number): number {
    const pointer = this.take(bytes);
    this.runtime.floats(pointer, Math.ceil(bytes / 4)).fill(0);
    return pointer;
  }

  /** A block for the arrays that `layOut` places: it gets the start of a block and returns how many bytes it takes. */
  takeFor(layOut: (base: number) => number): void {
    layOut(this.take(layOut(0)));
  }

  give(pointer: number): void {
    if (this.#pointers.delete(pointer)) this.runtime.release(pointer);
  }

  /** @throws Error once the owner was disposed of */
  check(): void {
    if (this.#disposed !== undefined)
      throw new Error(`this ${this.#disposed} was disposed of and can no longer be used`);
  }

  /** Gives everything back; `owner` is named to whoever asks later. Twice is once. */
  dispose(owner: string): void {
    this.#disposed ??= owner;
    registry?.unregister(this);
    for (const pointer of this.#pointers) this.runtime.release(pointer);
    this.#pointers.clear();
  }
}

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Holdings>((holdings) => holdings.dispose('object'));

/**
 * What `using` calls, under the symbol where the engine has it: a method written `[Symbol.dispose]` would elsewhere be one
 * of the name "undefined", and defining it when a file is loaded would keep bundlers from leaving the class out.
 */
const disposeSymbol = (Symbol as { dispose?: symbol }).dispose;

export function disposable(owner: object): void {
  const prototype = Object.getPrototypeOf(owner);
  if (disposeSymbol === undefined || disposeSymbol in prototype) return;
  prototype[disposeSymbol] = function (this: { dispose(): void }) {
    this.dispose();
  };
}
