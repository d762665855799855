import type { Embedding } from '../layers/embedding.js';
import type { CoreLayer } from '../layers/layer.js';
import { type Padding, rowAxis } from '../layers/padding.js';
import type { Recurrent } from '../layers/recurrent.js';
import { type SequenceOptions, skippedSteps } from '../layers/sequence-options.js';
import {
  type AnyTensor,
  arrayLike,
  checkIds,
  checkIntegers,
  checkTensor,
  type Integers,
  isIntegers,
  showShape,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';

/** Rows `from` up to but not including `to` of a batch. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Contiguous ranges of rows for `count` threads; the first ones get a row more if `rows` is not a multiple of `count`. */
export function splitRows(rows: number, count: number): RowRange[] {
  const [least, rest] = [Math.floor(rows / count), rows % count];
  const start = (n: number) => n * least + Math.min(n, rest);
  return Array.from({ length: count }, (_, n) => ({ from: start(n), to: start(n + 1) }));
}

/**
 * An input with its batch axis, undefined if it is unbatched. Checks what a message about one range of it could not name.
 *
 * @throws TypeError for another kind of input, RangeError for an id out of range
 */
export function checkInput(
  model: CoreLayer,
  input: Tensor | Integers,
  padding: Padding,
): { input: AnyTensor; axis: 0 | 1 | undefined } {
  // By type name, not by class: the built pool is bundled with its own copies of the classes.
  const { type, count, inputSize } = model.coreLayers()[0] as Partial<Embedding & Recurrent>;
  const classes = type === 'Embedding' ? count : isIntegers(input) ? inputSize : undefined;
  if (classes === undefined) {
    const values = checkTensor('input', input);
    return { input: values, axis: rowAxis(model.order, values.shape.length) };
  }
  const ids = checkIntegers('input', input);
  const order = model.sequenceOrder;
  const skipped = order && skippedSteps(padding as SequenceOptions, ids.shape, order);
  checkIds('input', ids.data, classes, skipped?.flags);
  return { input: ids, axis: rowAxis(model.order, ids.shape.length + 1) };
}

/** @throws RangeError if `lengths` or `mask` do not fit a batch of `rows` rows */
export function checkPadding({ lengths, mask }: Padding, axis: 0 | 1, rows: number): Padding {
  if (lengths && lengths.length !== rows)
    throw new RangeError(
      `lengths expected one for each of the batch = ${rows} sequences, got ${lengths.length}`,
    );
  if (!mask) return { ...(lengths && { lengths }) };
  const checked = checkIntegers('mask', mask);
  if (checked.shape.length !== 2 || checked.shape[axis] !== rows) {
    const axes = axis === 0 ? '[batch, time]' : '[time, batch]';
    throw new RangeError(`mask expected shape ${axes} with batch = ${rows}, got ${showShape(checked.shape)}`);
  }
  return { ...(lengths && { lengths }), mask: checked };
}

export function slicePadding({ lengths, mask }: Padding, axis: 0 | 1, range: RowRange): Padding {
  return {
    ...(lengths && { lengths: Array.from(lengths).slice(range.from, range.to) }),
    ...(mask && { mask: sliceRows(mask, axis, range) }),
  };
}

/** A range of rows along one axis; a view if they are contiguous. */
export function sliceRows<T extends AnyTensor>({ data, shape }: T, axis: 0 | 1, { from, to }: RowRange): T {
  const width = sizeOf(shape.slice(axis + 1));
  const sliced = shape.map((extent, n) => (n === axis ? to - from : extent));
  if (axis === 0) return { data: data.subarray(from * width, to * width), shape: sliced } as AnyTensor as T;
  const [outer, rows] = shape as [number, number];
  const out = arrayLike(data, outer * (to - from) * width);
  for (let n = 0; n < outer; n++) {
    const start = n * rows;
    out.set(data.subarray((start + from) * width, (start + to) * width), n * (to - from) * width);
  }
  return { data: out, shape: sliced } as AnyTensor as T;
}

/** The concatenation of tensors along one axis. */
export function concatenateRows(parts: readonly Tensor[], axis: 0 | 1): Tensor {
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

export function describeRows({ from, to }: RowRange): string {
  return to - from === 1 ? `row ${from} of the batch` : `rows ${from} to ${to - 1} of the batch`;
}

/** Puts the rows that `compute` works on into the message of its RangeError. */
export function withRowsInErrors<T>(range: RowRange, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) error.message = `${describeRows(range)}: ${error.message}`;
    throw error;
  }
}
