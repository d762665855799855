import type { ForwardOptions } from '../layers/layer.js';
import type { IntegerTensor } from '../validation/tensor.js';

/** What a batch has for the model beside its input. */
export interface Padding {
  readonly lengths?: ArrayLike<number>;
  readonly mask?: IntegerTensor;
}

/** The options of a forward in training. */
export function trainingOptions(padding: Padding): ForwardOptions {
  return { training: true, ...padding } as ForwardOptions;
}

/**
 * Which of so many axes, that of the features among them, counts the rows of a model that reads its input in this order; none where
 * there is but one row.
 */
export function rowAxis(order: 'batch' | 'time' | undefined, axes: number): 0 | 1 | undefined {
  if (order === undefined) return axes >= 2 ? 0 : undefined;
  return axes === 3 ? (order === 'time' ? 1 : 0) : undefined;
}
