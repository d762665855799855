import type { Embedding } from '../layers/embedding.js';
import type { CoreLayer } from '../layers/layer.js';
import type { Recurrent } from '../layers/recurrent.js';
import { type Padding, rowAxis } from '../training/padding.js';
import {
  arrayLike,
  checkIds,
  checkIntegers,
  checkTensor,
  type IntegerArray,
  type Integers,
  isIntegers,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';

/** Rows `from` up to `to` of a batch. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

/** Values or ids. */
export interface Rows<Data extends Float32Array | IntegerArray = Float32Array | IntegerArray> {
  readonly data: Data;
  readonly shape: readonly number[];
}

/** An input, checked as far as a slice of it could not be, with the axis of its rows; none where there is but one row. */
export interface Cut {
  readonly input: Rows;
  readonly axis: 0 | 1 | undefined;
}

/** Rows in order, the first slices one longer than the others where they do not come out even. */
export function slicesOf(rows: number, count: number): Slice[] {
  const [least, more] = [Math.floor(rows / count), rows % count];
  const start = (n: number) => n * least + Math.min(n, more);
  return Array.from({ length: count }, (_, n) => ({ from: start(n), to: start(n + 1) }));
}

/** @throws TypeError for another kind of input, RangeError for an id out of range */
export function cutOf(model: CoreLayer, input: Tensor | Integers): Cut {
  // By its kind, not by its class: the built team has classes of its own.
  const { type, count, inputSize } = model.coreLayers()[0] as Partial<Embedding & Recurrent>;
  const classes = type === 'Embedding' ? count : isIntegers(input) ? inputSize : undefined;
  if (classes === undefined) {
    const values = checkTensor('input', input);
    return { input: values, axis: rowAxis(model.order, values.shape.length) };
  }
  const ids = checkIntegers('input', input);
  checkIds('input', ids.data, classes);
  return { input: ids, axis: rowAxis(model.order, ids.shape.length + 1) };
}

/** What a batch has beside its input, checked as far as a slice of it could not be. */
export function checkPadding({ lengths, mask }: Padding, axis: 0 | 1, rows: number): Padding {
  if (lengths && lengths.length !== rows)
    throw new RangeError(
      `lengths expected one for each of the batch = ${rows} sequences, got ${lengths.length}`,
    );
  if (!mask) return { ...(lengths && { lengths }) };
  const checked = checkIntegers('mask', mask);
  if (checked.shape.length !== 2 || checked.shape[axis] !== rows) {
    const axes = axis === 0 ? '[batch, time]' : '[time, batch]';
    throw new RangeError(
      `mask expected shape ${axes} with batch = ${rows}, got [${checked.shape.join(', ')}]`,
    );
  }
  return { ...(lengths && { lengths }), mask: checked };
}

/** The share of a slice. */
export function takePadding({ lengths, mask }: Padding, axis: 0 | 1, slice: Slice): Padding {
  return {
    ...(lengths && { lengths: Array.from(lengths).slice(slice.from, slice.to) }),
    ...(mask && { mask: takeRows(mask, axis, slice) }),
  };
}

/** Rows of one axis; a view where they lie together. */
export function takeRows<Data extends Float32Array | IntegerArray>(
  { data, shape }: Rows<Data>,
  axis: 0 | 1,
  { from, to }: Slice,
): Rows<Data> {
  const width = sizeOf(shape.slice(axis + 1));
  const taken = shape.map((extent, n) => (n === axis ? to - from : extent));
  if (axis === 0) return { data: data.subarray(from * width, to * width) as Data, shape: taken };
  const [outer, rows] = shape as [number, number];
  const out = arrayLike(data, outer * (to - from) * width);
  for (let n = 0; n < outer; n++) {
    const start = n * rows;
    out.set(data.subarray((start + from) * width, (start + to) * width), n * (to - from) * width);
  }
  return { data: out, shape: taken };
}

export function nameRows({ from, to }: Slice): string {
  return to - from === 1 ? `row ${from} of the batch` : `rows ${from} to ${to - 1} of the batch`;
}

/** Says in an error of what this thread computes which rows are meant. */
export function namingRows<T>(slice: Slice, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) error.message = `${nameRows(slice)}: ${error.message}`;
    throw error;
  }
}

/** The whole that slices of one axis make, in order. */
export function joinRows(parts: readonly Tensor[], axis: 0 | 1): Tensor {
  const { shape } = parts[0] as Tensor;
  const rows = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const whole = shape.map((extent, n) => (n === axis ? rows : extent));
  const data = new Float32Array(sizeOf(whole));
  const outer = axis === 0 ? 1 : (shape[0] as number);
  let done = 0;
  for (const part of parts) {
    const width = part.data.length / outer;
    for (let n = 0; n < outer; n++) {
      data.set(part.data.subarray(n * width, (n + 1) * width), n * (data.length / outer) + done);
    }
    done += width;
  }
  return { data, shape: whole };
}
