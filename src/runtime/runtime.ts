import { isOf } from '../validation/copies.js';
import { isObject, wrongKind } from '../validation/errors.js';
import { checkOptions, checkSeed } from '../validation/options.js';
import {
  type Binary,
  compile,
  compileAsync,
  instantiate,
  instantiateAsync,
  simd,
  type WebAssemblyModule,
} from './binary.js';
import type { Core } from './core.js';
import { writeFields } from './struct.js';
import * as Source from './structs/source.js';

declare global {
  // For programs whose `lib` has no ESNext.Disposable, or whose TypeScript is older than 5.2.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

export interface RuntimeOptions {
  /** The binary to run; `relaxed` from 'lstm-wasm/relaxed' for speed. Where the engine refuses it, `simd` runs. */
  binary?: Binary;
  /** A module compiled already, from 'lstm-wasm/simd.wasm' or 'lstm-wasm/relaxed.wasm'; takes the place of `binary`. */
  module?: WebAssemblyModule;
  /** The seed of everything drawn here; a whole number from 0 to 2^53 − 1. Default 0. */
  seed?: number;
}

/** The seed and the stream of one user of random numbers, and how many of them it has drawn. */
export interface GeneratorState {
  seed: number;
  stream: number;
  counter: number;
}

/** How memory is freed at once. */
export const ADVICE = 'dispose(), `using` or scope()';

function outOfMemory(bytes: number, advice = ''): RangeError {
  return new RangeError(
    `out of memory: ${bytes} bytes are needed at once, a runtime has at most 4 GiB${advice}`,
  );
}

/** In doubles, before any call, since the core sees a size modulo 2^32. @throws RangeError from 4 GiB on */
export function refuseBytes(bytes: number): void {
  if (!(bytes < 4_294_967_296)) throw outOfMemory(bytes);
}

/** One instance of the core with a memory of its own. Made by {@link createRuntime}. */
export class Runtime {
  /** Which binary runs: `simd` gives the same bits everywhere, `relaxed` is faster. */
  declare readonly variant: 'simd' | 'relaxed';
  /** The seed of everything drawn here. */
  declare readonly seed: number;
  /** @internal The compiled module, from which threads make their own runtimes. */
  declare readonly module: WebAssembly.Module;
  /** @internal */
  declare readonly core: Core;
  /** @internal The memory of objects that hold much of it. */
  readonly large = new Map<{ free(): void }, WeakRef<object>>();
  /** @internal How many single numbers it has drawn. */
  draws = 0;
  #streams = 0;
  #scratch = 0;
  #scratchBytes = 0;
  readonly #source: number;
  #f32 = new Float32Array(0);
  #i32 = new Int32Array(0);

  /** @internal */
  constructor(module: WebAssembly.Module, seed: number, instance = instantiate(module)) {
    this.module = module;
    // The wrappers that the loader puts around each export count arguments on every call: the exports themselves do not.
    this.core = instance.exports as unknown as Core;
    this.variant = this.core.isRelaxed() ? 'relaxed' : 'simd';
    this.seed = seed;
    this.#source = this.allocate(Source.SIZE);
  }

  /** @internal */
  get 'lstm-wasm'(): string {
    return 'Runtime';
  }

  /** The size of the runtime's memory in bytes. It grows when needed; freed memory is reused, never returned to the system. */
  get memoryBytes(): number {
    return this.core.memory.buffer.byteLength;
  }

  /**
   * @internal The memory as floats. Growth replaces it, so do not keep it across a call. An old view then has length 0, which
   * is quicker to check than whether the memory has another buffer.
   */
  get f32(): Float32Array {
    if (this.#f32.length === 0) this.#f32 = new Float32Array(this.core.memory.buffer);
    return this.#f32;
  }

  /** @internal */
  get i32(): Int32Array {
    if (this.#i32.length === 0) this.#i32 = new Int32Array(this.core.memory.buffer);
    return this.#i32;
  }

  /** @internal A view of `count` floats, valid as long as {@link f32}. */
  floats(pointer: number, count: number): Float32Array {
    return this.f32.subarray(pointer >>> 2, (pointer >>> 2) + count);
  }

  /** @internal A block of memory. @throws RangeError when memory runs out */
  allocate(bytes: number): number {
    refuseBytes(bytes);
    const pointer = this.core.allocate(bytes) || this.#reclaimFor(bytes);
    if (pointer === 0) throw outOfMemory(bytes, `; free memory with ${ADVICE}`);
    return pointer >>> 0;
  }

  /**
   * Tries again without the large objects that have become garbage and whose finalizers did not run yet. It finds those of earlier turns
   * of the event loop: what the running synchronous code has made is never garbage to a WeakRef.
   */
  #reclaimFor(bytes: number): number {
    try {
      // V8 collects before it refuses so much. Before any `deref`, which keeps its target for the rest of the turn.
      if (this.large.size > 0) new ArrayBuffer(17_179_869_184);
    } catch {}
    for (const [blocks, owner] of this.large) if (!owner.deref()) blocks.free();
    return this.core.allocate(bytes);
  }

  /** @internal */
  free(pointer: number): void {
    this.core.free(pointer);
  }

  /** @internal Scratch memory, valid until the next call of this method. It grows to the largest size requested. */
  scratch(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      const pointer = this.allocate(bytes);
      if (this.#scratch !== 0) this.free(this.#scratch);
      this.#scratch = pointer;
      this.#scratchBytes = bytes;
    }
    return this.#scratch;
  }

  /** @internal The next unused stream of random numbers. */
  nextStream(): number {
    return this.#streams++;
  }

  /** @internal The address of a Source for a seed and a stream; `part` distinguishes uses of one stream. */
  source(seed: number, stream: number, part = 0): number {
    writeFields(this.i32, this.#source, [
      [Source.seedLow, seed],
      [Source.seedHigh, Math.floor(seed / 4_294_967_296)],
      [Source.streamLow, part],
      [Source.streamHigh, stream],
    ]);
    return this.#source;
  }
}

/**
 * An isolated runtime: a memory and a generator of its own.
 *
 * @example
 * ```ts
 * import { createRuntime, LSTM } from 'lstm-wasm';
 * const runtime = createRuntime({ seed: 7 });
 * const layer = new LSTM(3, 5, { runtime });
 * console.log(runtime.variant, layer.parameterCount); // simd 200
 * ```
 * @throws TypeError for another kind of argument or an unknown option, RangeError for a seed that is no whole number
 */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  const { binary, module, seed } = checkRuntimeOptions(options, 'createRuntime');
  return new Runtime(module ?? compile(binary, simd), seed);
}

/**
 * Compiles without blocking and resolves to the default runtime. Chrome and WebViews before version 115 need it on the main
 * thread, which refuses to compile synchronously there: call it once, before anything else. Elsewhere nothing needs it.
 *
 * With options it makes a new runtime, as {@link createRuntime} does, which is the default from then on. Without, it makes the
 * default runtime if there is none yet.
 *
 * @example
 * ```ts
 * import { LSTM, ready } from 'lstm-wasm';
 * const runtime = await ready();
 * console.log(new LSTM(3, 5).runtime === runtime); // true
 * ```
 * @throws as {@link createRuntime}
 */
export async function ready(options: RuntimeOptions = {}): Promise<Runtime> {
  const { binary, module, seed } = checkRuntimeOptions(options, 'ready');
  const isDefault = Object.keys(options).length === 0;
  if (isDefault && shared !== undefined) return shared;
  const compiled = module ?? (await compileAsync(binary, simd));
  const runtime = new Runtime(compiled, seed, await instantiateAsync(compiled));
  // Another call may have been quicker.
  shared = isDefault ? (shared ?? runtime) : runtime;
  return shared;
}

function checkRuntimeOptions(options: RuntimeOptions, owner: string) {
  checkOptions(options, ['binary', 'module', 'seed'], owner);
  const { binary = simd, module, seed = 0 } = options;
  checkSeed('seed', seed);
  if (module !== undefined) checkModule(module);
  if (!isBinary(binary)) throw wrongKind('binary', "`relaxed` from 'lstm-wasm/relaxed'", binary);
  return { binary, module, seed };
}

/** By its name, not by `instanceof`: a module may come from another realm. */
function isModule(value: unknown): value is WebAssembly.Module {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Module]';
}

function checkModule(value: unknown): void {
  if (!isModule(value)) throw wrongKind('module', 'a WebAssembly.Module', value);
  if (!WebAssembly.Module.exports(value).some(({ name }) => name === 'isRelaxed')) {
    throw new TypeError(
      "module expected one of 'lstm-wasm/simd.wasm' or 'lstm-wasm/relaxed.wasm', got another program",
    );
  }
}

function isBinary(value: unknown): value is Binary {
  if (!isObject(value) || !('source' in value)) return false;
  return ['string', 'function'].includes(typeof value.source) || isModule(value.source);
}

let shared: Runtime | undefined;

/** The runtime of everything that names none: made at first use. */
function defaultRuntime(): Runtime {
  // Not by createRuntime, so that bundlers can remove its checks.
  shared ??= new Runtime(compile(simd), 0);
  return shared;
}

/**
 * Makes `runtime` the one that layers take which name none. Layers made before keep theirs.
 *
 * @throws TypeError for what {@link createRuntime} did not make
 */
export function setDefaultRuntime(runtime: Runtime): void {
  if (!isOf('runtime', runtime, Runtime)) throw wrongKind('runtime', 'what createRuntime() gives', runtime);
  shared = runtime;
}

/** The runtime an option names, or the default one. */
export function checkRuntime(runtime: unknown): Runtime {
  if (runtime === undefined) return defaultRuntime();
  if (isOf('runtime', runtime, Runtime)) return runtime;
  throw wrongKind('runtime', 'what createRuntime() gives', runtime);
}
