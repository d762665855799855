import { CoreLayer, type Layer } from '../layers/layer.js';
import { type Padding, rowAxis } from '../layers/padding.js';
import type { AxisOrder } from '../layers/sequence-options.js';
import type { Runtime } from '../runtime/runtime.js';
import { arrayKind } from '../validation/arrays.js';
import { describe, isObject, wrongKind } from '../validation/errors.js';
import {
  type Integers,
  type IntegerTensor,
  isIntegerArray,
  isIntegers,
  sameShape,
  sizeOf,
  type Tensor,
} from '../validation/tensor.js';
import type { LossResult } from './losses.js';

/** The data of one step. */
export interface Batch<Target> {
  readonly input: Tensor | Integers;
  readonly target: Target;
  /**
   * An array is a mask for the loss only. Integers with a shape, [batch, time] in the axis order of the input, mask steps of the model's
   * input (0 is masked); if the output has a row for each step, masked steps are excluded from the loss too.
   */
  readonly mask?: ArrayLike<number> | IntegerTensor;
  /** The length of each sequence in steps; if the output has a row for each step, padding is excluded from the loss. */
  readonly lengths?: ArrayLike<number>;
  /** Whether to reset the states of stateful layers before this step. */
  readonly reset?: boolean;
}

export type Loss<Target> = (
  output: Tensor,
  target: Target,
  options: { mask?: ArrayLike<number>; runtime: Runtime },
) => LossResult;

/** @throws TypeError if `batch` is not a batch */
export function checkBatch(batch: unknown): void {
  if (batch === null || typeof batch !== 'object')
    throw new TypeError(`batch expected { input, target }, got ${describe(batch)}`);
  const { mask, lengths } = batch as { mask?: unknown; lengths?: unknown };
  if (!isList(mask) && !(isObject(mask) && 'data' in mask && 'shape' in mask))
    throw wrongKind('batch.mask', 'an array, or { data, shape } with integers', mask);
  if (!isList(lengths)) throw wrongKind('batch.lengths', 'an array of whole numbers', lengths);
}

/** Whether a value is an array of any kind, or not given. */
function isList(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value) || arrayKind(value) !== undefined;
}

export function paddingOf({ lengths, mask }: Batch<unknown>): Padding {
  const own = modelMask(mask);
  return { ...(lengths && { lengths }), ...(own && { mask: own }) };
}

function modelMask(mask: Batch<unknown>['mask']): IntegerTensor | undefined {
  return mask && 'shape' in mask ? mask : undefined;
}

/** The mask for the loss, from the mask and the lengths of a batch; empty if every value counts. */
export function lossMask(
  model: Layer,
  outputShape: readonly number[],
  batch: Batch<unknown>,
): { mask?: ArrayLike<number> } {
  const places = outputShape.slice(0, -1);
  const own = modelMask(batch.mask);
  const given = own
    ? sameShape(own.shape, places)
      ? own.data
      : undefined
    : (batch.mask as ArrayLike<number>);
  const within = batch.lengths && withinLengths(batch.lengths, places, orderOf(model) ?? 'batch');
  if (!within) return given ? { mask: given } : {};
  if (!given) return { mask: within };
  // A mask has one value for each step, or for each value of the output.
  const width = given.length === sizeOf(outputShape) ? (outputShape.at(-1) as number) : 1;
  if (given.length !== within.length * width) return { mask: given };
  return { mask: Uint8Array.from(given, (counts, n) => (counts && within[Math.floor(n / width)] ? 1 : 0)) };
}

/** 1 for each step of the output that is not padding; undefined if the output has no time axis. */
function withinLengths(
  lengths: ArrayLike<number>,
  places: readonly number[],
  order: AxisOrder,
): Uint8Array | undefined {
  const [batch, time] =
    places.length === 1 ? [1, places[0]] : order === 'batch' ? places : [places[1], places[0]];
  if (batch !== lengths.length || time === undefined || places.length > 2) return undefined;
  // An output of only the last steps, one row for each sequence, has no padding.
  if (places.length === 1 && lengths.length !== 1) return undefined;
  const within = new Uint8Array(batch * time);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < (lengths[b] as number) && t < time; t++)
      within[order === 'batch' || places.length === 1 ? b * time + t : t * batch + b] = 1;
  }
  return within;
}

/** Undefined if the model has no time axis or is a custom layer. */
function orderOf(model: Layer): AxisOrder | undefined {
  return model instanceof CoreLayer ? model.order : undefined;
}

/** The number of sequences or rows in a batch. */
export function rowsOf(model: Layer, { input }: Batch<unknown>): number {
  const shape = isIntegerArray(input) ? [input.length] : input.shape;
  const axis = rowAxis(orderOf(model), shape.length + (isIntegers(input) ? 1 : 0));
  return axis === undefined ? 1 : (shape[axis] as number);
}
