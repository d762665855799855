import type { Parameter } from '../layers/parameter.js';
import { describe, isObject } from '../validation/errors.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import { addSums } from './metrics.js';

/** The batches accumulated for the next step, as plain data. */
export interface AccumulationState {
  /** The number of accumulated batches. */
  readonly batches: number;
  /** The sum of the divisors of the losses. */
  readonly divisor: number;
  /** The sum of the losses, before dividing by `divisor`. */
  readonly loss: number;
  /** The sums of the metrics. */
  readonly sums: Readonly<Record<string, readonly number[]>>;
  /** The summed gradients, in the order of the parameters; null for a parameter without a gradient. */
  readonly gradients: readonly (Tensor | null)[];
}

/** The loss and the sums of the metrics of one batch, or of several. */
export interface Tally {
  readonly loss: number;
  readonly divisor: number;
  readonly sums: Readonly<Record<string, readonly number[]>>;
}

/**
 * Accumulates the gradients of several batches for one step. Each mean is multiplied by its divisor, so that dividing the total by the
 * sum of the divisors gives the mean over all batches. The gradients are stored here and not in the parameters, so that neither a failed
 * batch nor another use of the model can change them.
 */
export class Accumulation {
  readonly #parameters: readonly Parameter[];
  #batches = 0;
  #total: Tally = EMPTY;
  #gradients: (Float32Array | undefined)[] = [];

  constructor(parameters: readonly Parameter[]) {
    this.#parameters = parameters;
  }

  get batches(): number {
    return this.#batches;
  }

  /** The sums over the accumulated batches. */
  get total(): Tally {
    return this.#total;
  }

  /** The sums including one more batch. */
  plus({ loss, divisor, sums }: Tally): Tally {
    const total = this.#total;
    return {
      // A loss that is a sum has the divisor 0.
      loss: total.loss + loss * (divisor || 1),
      divisor: total.divisor + divisor,
      sums: addSums(total.sums, sums),
    };
  }

  /** Copies the accumulated gradients to the parameters, so that the next backward adds to them. */
  load(): void {
    for (const [n, gradient] of this.#gradients.entries()) {
      const parameter = this.#parameters[n] as Parameter;
      const pointer = gradient === undefined ? 0 : parameter.needGradient();
      if (gradient !== undefined && pointer !== 0) parameter.runtime.f32.set(gradient, pointer >>> 2);
    }
  }

  /** Copies the gradients back from the parameters after one more batch was added to them. */
  store(total: Tally): void {
    this.#total = total;
    this.#batches++;
    for (const [n, { gradient, size, runtime }] of this.#parameters.entries()) {
      if (gradient === 0) continue;
      const copy = this.#gradients[n] ?? new Float32Array(size);
      copy.set(runtime.f32.subarray(gradient >>> 2, (gradient >>> 2) + size));
      this.#gradients[n] = copy;
    }
  }

  clear(): void {
    this.#batches = 0;
    this.#total = EMPTY;
    this.#gradients = [];
  }

  /** The state, which shares the arrays of this object; undefined if no batch is accumulated. */
  get state(): AccumulationState | undefined {
    if (this.#batches === 0) return undefined;
    const gradients = this.#parameters.map(({ shape }, n) => {
      const data = this.#gradients[n];
      return data ? { data, shape } : null;
    });
    return { batches: this.#batches, ...this.#total, gradients };
  }

  /** Checks a state. @returns a function that loads it. @throws TypeError or RangeError for the state of another model */
  loading(state: AccumulationState | undefined, accumulate: number): () => void {
    if (state === undefined) return () => this.clear();
    const { batches, divisor, loss, sums, gradients } = state ?? {};
    const parameters = this.#parameters;
    if (!Array.isArray(gradients) || gradients.length !== parameters.length)
      throw new RangeError(
        `state.accumulated.gradients expected one tensor per parameter = ${parameters.length}, got ${describe(gradients)}`,
      );
    if (!Number.isSafeInteger(batches) || batches < 1 || batches >= accumulate)
      throw new RangeError(
        `state.accumulated.batches expected a whole number from 1, below accumulate = ${accumulate}, got ${describe(batches)}`,
      );
    const isSum = (one: unknown) => one === null || typeof one === 'number';
    if (
      ![divisor, loss].every(Number.isFinite) ||
      divisor < 0 ||
      !isObject(sums) ||
      !Object.values(sums).every((own) => Array.isArray(own) && own.every(isSum))
    )
      throw new TypeError('state.accumulated expected { batches, divisor, loss, sums, gradients }');
    const checked = gradients.map((gradient, n) => {
      if (gradient === null) return undefined;
      const parameter = parameters[n] as Parameter;
      const name = `state.accumulated.gradients[${n}]`;
      const { data } = checkTensorOf(name, gradient, parameter.shape, 'of the parameter');
      // Gradients that are not finite are never accumulated.
      return parameter.checkValues(name, data).slice();
    });
    return () => {
      this.#batches = batches;
      this.#total = { loss, divisor, sums };
      this.#gradients = checked;
    };
  }
}

const EMPTY: Tally = { loss: 0, divisor: 0, sums: {} };
