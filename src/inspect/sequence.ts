import type { Recurrent } from '../layers/recurrent.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import {
  checkIntegers,
  type Integers,
  isIntegerArray,
  isIntegers,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';

/** How a sequence lies outside, and which of its steps count. In here time comes first: [steps, batch, ·]. */
export interface Extent {
  readonly steps: number;
  readonly batch: number;
  /** Whether there is an axis for sequences, and whether it is the second. */
  readonly batched: boolean;
  readonly timeMajor: boolean;
  /** [steps, batch]: 1 where a step is computed, neither masked nor behind an end. */
  readonly live: Uint8Array;
  /** [steps, batch]: 1 where a step is not behind an end. */
  readonly inside: Uint8Array;
}

/** The extent of an input that the layer's own forward has let pass. */
export function extentOf(
  { timeMajor }: Recurrent,
  input: Tensor | Integers,
  { lengths, mask }: SequenceOptions,
): Extent {
  const shape = isIntegerArray(input) ? [input.length] : input.shape;
  const leading = isIntegers(input) ? shape : shape.slice(0, -1);
  const batched = leading.length === 2;
  const [first = 0, second = 1] = leading;
  const [steps, batch] = batched && !timeMajor ? [second, first] : [first, second];
  const inside = new Uint8Array(steps * batch);
  const live = new Uint8Array(steps * batch);
  const kept = mask === undefined ? undefined : checkIntegers('mask', mask).data;
  for (let n = 0; n < inside.length; n++) {
    const [t, b] = [Math.floor(n / batch), n % batch];
    inside[n] = lengths === undefined || t < (lengths[b] as number) ? 1 : 0;
    const at = batched && !timeMajor ? b * steps + t : n;
    live[n] = inside[n] && (kept === undefined || kept[at] !== 0) ? 1 : 0;
  }
  return { steps, batch, batched, timeMajor, live, inside };
}

/** From [batch, time, ·], or however the layer reads it, to [steps, batch, ·]. */
export function timeFirst({ data }: Tensor, { steps, batch, batched, timeMajor }: Extent): Float32Array {
  return batched && !timeMajor ? turned(data, batch, steps) : data.slice();
}

/** The way back, as a tensor. */
export function asRead(data: Float32Array, { steps, batch, batched, timeMajor }: Extent): Tensor {
  const width = data.length / (steps * batch);
  const leading = timeMajor ? [steps, batch] : [batch, steps];
  const turn = batched && !timeMajor;
  return {
    data: turn ? turned(data, steps, batch) : data,
    shape: [...(batched ? leading : [steps]), width],
  };
}

/** The two leading axes the other way round. */
function turned(data: Float32Array, first: number, second: number): Float32Array {
  const width = data.length / (first * second);
  const out = new Float32Array(data.length);
  for (let a = 0; a < first; a++)
    for (let b = 0; b < second; b++)
      out.set(data.subarray((a * second + b) * width, (a * second + b + 1) * width), (b * first + a) * width);
  return out;
}

/** What a level reads at each step, [batch, width]. */
export type Rows = (t: number) => Float32Array;

/** Rows of values, or for ids one-hot ones, which give the same bits. */
export function rowsOf(layer: Recurrent, input: Tensor | Integers, extent: Extent): Rows {
  const { batch, steps, batched, timeMajor } = extent;
  if (!isIntegers(input)) return slices(timeFirst(input, extent), extent);
  const ids = isIntegerArray(input) ? input : input.data;
  const width = layer.inputSize;
  return (t) => {
    const rows = new Float32Array(batch * width);
    for (let b = 0; b < batch; b++)
      rows[b * width + (ids[batched && !timeMajor ? b * steps + t : t * batch + b] as number)] = 1;
    return rows;
  };
}

/** The steps of [steps, batch, ·]. */
export function slices(data: Float32Array, { steps }: Extent): Rows {
  const size = data.length / steps;
  return (t) => data.subarray(t * size, (t + 1) * size);
}

/** Sets rows to zero where `flags` is 0. */
export function zeroWhere(data: Float32Array, flags: Uint8Array): Float32Array {
  const width = data.length / flags.length;
  for (const [n, flag] of flags.entries()) if (!flag) data.fill(0, n * width, (n + 1) * width);
  return data;
}

export function zeros(...shape: number[]): Float32Array {
  return new Float32Array(sizeOf(shape));
}

/** Element by element; each result is a float32. */
export function each(
  of: (a: number, b: number, c: number) => number,
  a: Float32Array,
  b: Float32Array,
  c = a,
): Float32Array {
  return a.map((value, n) => of(value, b[n] as number, c[n] as number));
}
