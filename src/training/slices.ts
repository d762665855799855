import {
  arrayLike,
  checkIds,
  checkIntegers,
  checkTensor,
  type IntegerArray,
  type Integers,
  sizeOf,
  type Tensor,
} from '../border/tensor.js';
import type { Embedding } from '../layers/embedding.js';
import type { CoreLayer } from '../layers/layer.js';

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
  const [first] = model.coreLayers();
  if (first?.type !== 'Embedding') {
    const values = checkTensor('input', input);
    return { input: values, axis: axisOf(model, values.shape.length) };
  }
  const ids = checkIntegers('input', input);
  checkIds('input', ids.data, (first as Embedding).count);
  return { input: ids, axis: axisOf(model, ids.shape.length + 1) };
}

function axisOf(model: CoreLayer, axes: number): 0 | 1 | undefined {
  if (model.order === undefined) return axes >= 2 ? 0 : undefined;
  return axes === 3 ? (model.order === 'time' ? 1 : 0) : undefined;
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
