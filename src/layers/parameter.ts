import type { Allocations } from '../runtime/memory.js';
import { wrongValue } from '../validation/errors.js';
import { checkBoolean } from '../validation/options.js';
import {
  type Floats,
  isFloats,
  plainArray,
  sizeOf,
  unshared,
  valuesFor,
  wrongFloats,
} from '../validation/tensor.js';

/**
 * A handle for one parameter of a layer and its gradient, in PyTorch's layout. The values live in WebAssembly memory: `read` returns a
 * copy, and only `write` changes them.
 */
export class Parameter {
  declare readonly shape: readonly number[];
  /** The number of values. */
  declare readonly size: number;
  /** @internal Incremented with every change, so that packed copies can be updated. */
  version = 0;
  /** @internal The allocations that it belongs to. */
  declare readonly allocations: Allocations;
  readonly #pointer: number;
  #gradient = 0;
  #requiresGrad = true;

  /** @internal */
  constructor(allocations: Allocations, shape: readonly number[]) {
    this.shape = Object.freeze([...shape]);
    this.size = sizeOf(shape);
    this.allocations = allocations;
    this.#pointer = allocations.allocateZeros(paddedBytes(this.size));
  }

  /** @internal */
  get 'lstm-wasm'(): string {
    return 'Parameter';
  }

  /** Whether backward computes a gradient for it. Optimizers skip parameters without one. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  set requiresGrad(value: boolean) {
    this.allocations.checkFree();
    this.#requiresGrad = checkBoolean('requiresGrad', value);
  }

  /** @internal */
  get runtime() {
    return this.allocations.runtime;
  }

  /** @internal The address of the values, padded with zeros to a multiple of four. @throws Error after its layer was disposed of */
  get pointer(): number {
    this.allocations.check();
    return this.#pointer;
  }

  /** @internal The address of the gradient, 0 before the first backward. @throws as {@link pointer} */
  get gradient(): number {
    this.allocations.check();
    return this.#gradient;
  }

  /** @internal Like {@link gradient}, but allocates the gradient if necessary; 0 if `requiresGrad` is false. */
  needGradient(): number {
    this.allocations.check();
    if (!this.#requiresGrad) return 0;
    if (this.#gradient === 0) this.#gradient = this.allocations.allocateZeros(paddedBytes(this.size));
    return this.#gradient;
  }

  /** @internal @throws Error after its layer was disposed of, or while something uses its model */
  checkFree(): void {
    this.allocations.checkFree();
  }

  /** A copy of the values, written into `out` if given. @throws RangeError if `out` has a different length */
  read(): Floats;
  read<Out extends Float32Array>(out: Out): Out;
  read(out?: Float32Array): Float32Array {
    return this.#copy(this.#pointer, out);
  }

  /** A copy of the gradient, zeros before the first backward. */
  readGrad(): Floats;
  readGrad<Out extends Float32Array>(out: Out): Out;
  readGrad(out?: Float32Array): Float32Array {
    return this.#copy(this.#gradient, out);
  }

  /**
   * Replaces the values.
   *
   * @throws TypeError if `data` is not a Float32Array, RangeError for a wrong length or values that are not finite, Error while
   *   something uses the model, such as a training step that waits for other threads
   */
  write(data: Float32Array): void {
    this.runtime.f32.set(this.checkValues('data', data), this.#pointer >>> 2);
    this.version++;
  }

  /** Replaces the gradient. @throws like {@link write}, but accepts values that are not finite */
  writeGrad(data: Float32Array): void {
    this.checkFree();
    const values = this.#checkLength('data', data);
    const gradient = this.needGradient();
    if (gradient === 0) throw new Error('writeGrad expected a parameter with requiresGrad: true, got false');
    this.runtime.f32.set(values, gradient >>> 2);
  }

  /** @internal */
  zeroGrad(): void {
    this.checkFree();
    if (this.#gradient !== 0) this.runtime.floats(this.#gradient, this.size).fill(0);
  }

  /** @internal The checks of {@link write}, for a whole state dict before anything is written. @returns the checked values */
  checkValues(name: string, data: Float32Array): Float32Array {
    this.checkFree();
    const values = unshared(this.#checkLength(name, data));
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw wrongValue(`"${name}"`, 'finite values', `${values[bad]} at ${bad}`);
    return values;
  }

  #checkLength(name: string, data: Float32Array): Float32Array {
    if (!isFloats(data, this.size)) throw wrongFloats(`"${name}"`, data, valuesFor(this.shape));
    return plainArray(data);
  }

  /** The values at a pointer, or zeros where there are none. */
  #copy(pointer: number, out: Float32Array = new Float32Array(this.size)): Float32Array {
    this.allocations.check();
    const to = this.#checkLength('out', out);
    if (pointer === 0) to.fill(0);
    else to.set(this.runtime.floats(pointer, this.size));
    return out;
  }
}

/** The size of a parameter's array, rounded up to 16 bytes, so that kernels over it need no tail loop. */
export function paddedBytes(count: number): number {
  return Math.ceil(count / 4) * 16;
}
