import { wrongValue } from '../validation/errors.js';
import { checkTensorOf, showShape, type Tensor } from '../validation/tensor.js';
import type { Cell } from './cell.js';

/** The states before the first step, or their gradients, [numLayers * directions, batch, ·] each. */
export interface States {
  h0?: Tensor | undefined;
  c0?: Tensor | undefined;
}

/** Gradients of a recurrent layer's results; a missing one counts as zeros. */
export interface RecurrentGradient {
  output?: Tensor | undefined;
  hN?: Tensor | undefined;
  cN?: Tensor | undefined;
}

/** The number of sequences, and whether the user's arrays have a batch axis. */
export interface BatchSize {
  readonly batch: number;
  readonly batched: boolean;
}

export type StateName = 'h' | 'c';

/** The states that a layer has, and their shapes. */
export class StateShapes {
  readonly names: readonly StateName[];
  readonly #widths: Record<StateName, number>;
  readonly #count: number;
  readonly #formula: (name: StateName) => string;

  constructor(cell: Cell, numLayers: number, directions: number) {
    this.names = cell.hasCell ? ['h', 'c'] : ['h'];
    this.#widths = { h: cell.stateSize, c: cell.hiddenSize };
    this.#count = numLayers * directions;
    const first = `${directions > 1 ? '2 * ' : ''}numLayers`;
    const width = (name: StateName) => (name === 'h' && cell.own.projSize ? 'projSize' : 'hiddenSize');
    this.#formula = (name) => `[${first}, batch, ${width(name)}]`;
  }

  of(name: StateName, { batch, batched }: BatchSize): number[] {
    const width = this.#widths[name];
    return batched ? [this.#count, batch, width] : [this.#count, width];
  }

  /** Checks a state, which error messages call `label`. @throws TypeError if it is not a tensor, RangeError for a wrong shape */
  check(label: string, name: StateName, state: unknown, batch: BatchSize): Tensor {
    return checkTensorOf(label, state, this.of(name, batch), this.#formula(name));
  }

  /** Whether a carried state may have this shape, with any batch size. */
  fits(name: StateName, shape: readonly number[]): boolean {
    return (
      (shape.length === 2 || shape.length === 3) &&
      shape[0] === this.#count &&
      shape.at(-1) === this.#widths[name]
    );
  }
}

/** @internal */
export function carriedBatchError(shape: readonly number[], batch: number): RangeError {
  const expected = `a batch of ${shape.length === 3 ? shape[1] : 1}, like the carried states of shape ${showShape(shape)}`;
  const advice =
    'drop incomplete batches (dropLast: true), or start over (reset: true in the batch, resetState())';
  return wrongValue('input', expected, `${batch}: ${advice}`);
}
