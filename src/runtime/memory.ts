import { ADVICE, type Runtime } from './runtime.js';

/** An object that holds memory of a runtime. */
interface Owner {
  readonly type?: string;
  dispose(): void;
}

/** The memory taken inside the innermost running {@link scope}. */
let made: Map<Allocations, Owner> | undefined;

/** A use of memory that spans several calls: while it is closed, others may read that memory but not change it. */
interface MemoryLock {
  /** What is in progress, for messages. */
  readonly use: string;
  readonly closed: boolean;
  /** Whether the newest values are in another thread. */
  readonly elsewhere?: boolean;
  /** The tapes of the model, if it is one pass: other models may run passes of layers that they share with it. */
  readonly pass?: object;
}

/**
 * The blocks of one {@link Allocations}, which they do not refer to: they can be freed after it was garbage-collected.
 */
class Blocks extends Set<number> {
  declare runtime: Runtime;

  free(): void {
    for (const pointer of this) this.runtime.free(pointer);
    this.clear();
    this.runtime.large.delete(this);
  }
}

/** What takes blocks from this size on, and becomes garbage, is found before its finalizer runs. */
const LARGE_BYTES = 262_144;
const WARN_COUNT = 100;
const WARN_BYTES = 1_073_741_824;
let warned = false;

/**
 * The memory of one object of the host. Whatever uses the memory holds this: once nothing does, the memory is freed, by
 * the registry below.
 */
export class Allocations {
  declare readonly runtime: Runtime;
  readonly #blocks = new Blocks();
  #disposed: string | undefined;
  #lock: MemoryLock | undefined;

  constructor(runtime: Runtime, owner: Owner) {
    this.runtime = runtime;
    this.#blocks.runtime = runtime;
    disposable(owner);
    registry?.register(this, this.#blocks, this);
    made?.set(this, owner);
  }

  /** @throws RangeError if memory runs out, Error once the owner was disposed of */
  allocate(bytes: number): number {
    this.check();
    const pointer = this.runtime.allocate(bytes);
    this.#blocks.add(pointer);
    if (bytes >= LARGE_BYTES && registry) this.#noteLarge();
    return pointer;
  }

  /** Only large ones: a WeakRef keeps its target until the running synchronous code ends. */
  #noteLarge(): void {
    const { large, memoryBytes } = this.runtime;
    large.set(this.#blocks, new WeakRef(this));
    if (warned || large.size < WARN_COUNT || memoryBytes < WARN_BYTES) return;
    warned = true;
    console.warn(`lstm-wasm: ${large.size} objects hold over 1 GiB; synchronous code needs ${ADVICE}`);
  }

  /** A block of zeros. */
  allocateZeros(bytes: number): number {
    const pointer = this.allocate(bytes);
    this.runtime.floats(pointer, bytes / 4).fill(0);
    return pointer;
  }

  /** A block for the arrays that `layOut` places: it gets the start of a block and returns how many bytes it takes. */
  allocateFor(layOut: (base: number) => number): void {
    layOut(this.allocate(layOut(0)));
  }

  free(pointer: number): void {
    if (this.#blocks.delete(pointer)) this.runtime.free(pointer);
  }

  /** @throws Error once the owner was disposed of */
  check(): void {
    if (this.#disposed !== undefined)
      throw new Error(`this ${this.#disposed} was disposed of and can no longer be used`);
  }

  /**
   * Asked before every change. Before a recorded forward and a backward, `pass` are the tapes of their model.
   *
   * @throws Error once the owner was disposed of, or while it is locked
   */
  checkFree(pass?: object): void {
    this.check();
    const lock = this.#lock;
    if (lock?.closed && (!pass || !lock.pass || lock.pass === pass)) throw busy(lock);
  }

  /** Asked before values are saved. @throws Error once the owner was disposed of, or while its newest values are elsewhere */
  checkHere(): void {
    this.check();
    if (this.#lock?.elsewhere) throw busy(this.#lock);
  }

  get lock(): MemoryLock | undefined {
    return this.#lock;
  }

  set lock(lock: MemoryLock | undefined) {
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
    this.#blocks.free();
  }
}

export function busy({ use }: MemoryLock): Error {
  return new Error(`The model is busy: ${use} is running`);
}

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Blocks>((blocks) => blocks.free());

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

/**
 * Runs `run` and disposes of every layer, stream and optimizer made inside it, except for what it returns. In a synchronous
 * loop garbage collection frees nothing: a scope around each round, or `using`, keeps memory from growing.
 *
 * Objects are kept if the result is, contains or refers to them: through arrays, maps, sets and properties, but not through
 * the variables or private fields (`#name`) of your own functions and classes. A scope inside another one hands what it
 * returns to the outer one. If `run` throws, all of it is disposed of.
 *
 * @example
 * ```ts
 * import { LSTM, scope } from 'lstm-wasm';
 * const best = scope(() => {
 *   const candidates = [16, 32, 64].map((hiddenSize) => new LSTM(8, hiddenSize));
 *   return candidates.at(-1)!; // the other two are disposed of
 * });
 * console.log(best.hiddenSize); // 64
 * ```
 * @throws TypeError if `run` returns a promise: a scope covers synchronous code only, use `using` in async functions
 */
export function scope<T>(run: () => T): T {
  const outer = made;
  const own = new Map<Allocations, Owner>();
  let kept: ReadonlySet<unknown> = new Set();
  made = own;
  try {
    const result = run();
    refusePromise(result);
    kept = reachableFrom(result);
    return result;
  } finally {
    made = outer;
    for (const [allocations, owner] of own) {
      if (kept.has(allocations)) outer?.set(allocations, owner);
      else allocations.dispose(owner.type ?? 'object');
    }
  }
}

function refusePromise(result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return;
  // Its failure is no news: what it works with is gone.
  (result as PromiseLike<unknown>).then(undefined, () => {});
  throw new TypeError(
    'scope expected a synchronous function, got one that returns a promise: use `using` in async functions',
  );
}

/** Every object that a value refers to, itself included. */
function reachableFrom(value: unknown): ReadonlySet<unknown> {
  const found = new Set<unknown>();
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === null || typeof next !== 'object' || ArrayBuffer.isView(next) || found.has(next)) continue;
    found.add(next);
    const entries = next instanceof Map || next instanceof Set ? [...next.entries()] : [];
    for (const inner of [...entries, ...Object.values(next)])
      if (typeof inner === 'object') waiting.push(inner);
    // What a layer of the user's own keeps in private fields is known by its parameters.
    waiting.push((next as { parameters?: unknown }).parameters);
  }
  return found;
}
