import type { IntegerTensor } from '../validation/tensor.js';
import type { ForwardOptions } from './layer.js';
import type { AxisOrder } from './sequence-options.js';

/** The lengths and mask of a batch's sequences. */
export interface Padding {
  readonly lengths?: ArrayLike<number>;
  readonly mask?: IntegerTensor;
}

/** The options of a forward pass in training. */
export function trainingOptions(padding: Padding): ForwardOptions {
  return { training: true, ...padding } as ForwardOptions;
}

/**
 * The batch axis of an input with `axes` axes, features included, for a model of this axis order; undefined for an
 * unbatched input.
 */
export function rowAxis(order: AxisOrder | undefined, axes: number): 0 | 1 | undefined {
  if (order === undefined) return axes >= 2 ? 0 : undefined;
  return axes === 3 ? (order === 'time' ? 1 : 0) : undefined;
}
