import { checkOptions, checkSize } from '../border/options.js';
import { checkIntegers, type Integers, type IntegerTensor } from '../border/tensor.js';
import type { BatchesSource } from './batches.js';
import { Batches, checkEpochs } from './iteration.js';

export interface LanesOptions {
  /** How many lanes run side by side. */
  batch: number;
  /** How many steps a batch has. */
  steps: number;
  /** How many times to go through the text; `Infinity` never ends. Default 1. */
  epochs?: number;
}

/**
 * One long sequence of ids as batches for truncated backpropagation through time: cut into `batch` lanes of equal length, of
 * which each batch takes the next `steps`. A lane goes on where the batch before ended, so that a model with
 * `stateful: true` reads through; `reset` marks an epoch's beginning. The target is the input one step later.
 *
 * @throws TypeError for another kind or an unknown option, RangeError where the text is too short for one batch
 * @example
 * ```ts
 * import { lanes } from 'lstm-wasm/data';
 * const [first] = lanes(Int32Array.from({ length: 9 }, (_, n) => n), { batch: 2, steps: 3 });
 * console.log([...first!.input.data], [...first!.target.data]); // [ 0, 1, 2, 4, 5, 6 ] [ 1, 2, 3, 5, 6, 7 ]
 * ```
 */
export function lanes(
  ids: Integers,
  options: LanesOptions,
): Batches<{ input: IntegerTensor; target: IntegerTensor; reset: boolean }> {
  checkOptions(options, ['batch', 'steps', 'epochs'], 'lanes');
  const checked = checkIntegers('ids', ids);
  const { data } = checked;
  const batch = checkSize('batch', options.batch);
  const steps = checkSize('steps', options.steps);
  const lane = Math.floor((data.length - 1) / batch);
  const perEpoch = Math.floor(lane / steps);
  if (perEpoch < 1)
    throw new RangeError(
      `ids expected at least batch * steps + 1 = ${batch * steps + 1}, got ${data.length}`,
    );
  const source: BatchesSource = {
    of: 'lanes',
    arrays: [checked],
    options: { batch, steps, epochs: options.epochs ?? 1 },
  };
  return new Batches(perEpoch, checkEpochs(options.epochs), 0, source, () => (position) => {
    const window = (offset: number): IntegerTensor => {
      const cut = new Int32Array(batch * steps);
      for (let b = 0; b < batch; b++) {
        const from = b * lane + position * steps + offset;
        cut.set(data.subarray(from, from + steps), b * steps);
      }
      return { data: cut, shape: [batch, steps] };
    };
    return { input: window(0), target: window(1), reset: position === 0 };
  });
}
