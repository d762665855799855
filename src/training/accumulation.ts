import type { Parameter } from '../layers/parameter.js';
import { describe, isObject } from '../validation/errors.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import { addSums } from './metrics.js';

/** The batches that wait for their step, as plain data. */
export interface AccumulationState {
  /** The number of batches. */
  readonly batches: number;
  /** The sum of the divisors of their losses. */
  readonly divisor: number;
  /** The sum of their losses, before that division. */
  readonly loss: number;
  /** The sums of the metrics. */
  readonly sums: Readonly<Record<string, readonly number[]>>;
  /** Sums of gradients, in the order of the parameters, null where there is none. */
  readonly gradients: readonly (Tensor | null)[];
}

/** The loss and the sums of the metrics of one batch, or of several. */
export interface Tally {
  readonly loss: number;
  readonly divisor: number;
  readonly sums: Readonly<Record<string, readonly number[]>>;
}

/**
 * Gradients of batches that make one step together. Each is the gradient of a sum, a mean times its divisor, so that dividing by the sum
 * of the divisors gives the mean over all batches. They are kept here, not in the parameters: other uses of the model do not change
 * them, and neither does a batch that fails.
 */
export class Accumulation {
  readonly #parameters: readonly Parameter[];
  #batches = 0;
  #total: Tally = NOTHING;
  #gradients: (Float32Array | undefined)[] = [];

  constructor(parameters: readonly Parameter[]) {
    this.#parameters = parameters;
  }

  get batches(): number {
    return this.#batches;
  }

  /** The sums over the batches that wait. */
  get total(): Tally {
    return this.#total;
  }

  /** The sums with one more batch. */
  with({ loss, divisor, sums }: Tally): Tally {
    const total = this.#total;
    return {
      // The divisor of a sum is 0.
      loss: total.loss + loss * (divisor || 1),
      divisor: total.divisor + divisor,
      sums: addSums(total.sums, sums),
    };
  }

  /** Copies these gradients to the parameters, for the next backward to add to. */
  load(): void {
    for (const [n, gradient] of this.#gradients.entries()) {
      const parameter = this.#parameters[n] as Parameter;
      const pointer = gradient === undefined ? 0 : parameter.needGradient();
      if (gradient !== undefined && pointer !== 0) parameter.runtime.f32.set(gradient, pointer >>> 2);
    }
  }

  /** Copies the gradients of the parameters, to which one more batch has added. */
  keep(total: Tally): void {
    this.#total = total;
    this.#batches++;
    for (const [n, { gradient, size, runtime }] of this.#parameters.entries()) {
      if (gradient === 0) continue;
      const kept = this.#gradients[n] ?? new Float32Array(size);
      kept.set(runtime.f32.subarray(gradient >>> 2, (gradient >>> 2) + size));
      this.#gradients[n] = kept;
    }
  }

  clear(): void {
    this.#batches = 0;
    this.#total = NOTHING;
    this.#gradients = [];
  }

  /** The state, which shares these arrays; undefined if no batch waits. */
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
        `state.accumulated expected gradients of ${parameters.length} parameters, got ${describe(gradients)}`,
      );
    if (!Number.isSafeInteger(batches) || batches < 1 || batches >= accumulate)
      throw new RangeError(
        `state.accumulated.batches expected fewer than accumulate = ${accumulate}, got ${describe(batches)}`,
      );
    const isSum = (one: unknown) => one === null || typeof one === 'number';
    if (
      ![divisor, loss].every(Number.isFinite) ||
      divisor < 0 ||
      !isObject(sums) ||
      !Object.values(sums).every((own) => Array.isArray(own) && own.every(isSum))
    )
      throw new TypeError('state.accumulated expected { batches, divisor, loss, sums, gradients }');
    const taken = gradients.map((gradient, n) => {
      if (gradient === null) return undefined;
      const parameter = parameters[n] as Parameter;
      const name = `state.accumulated.gradients[${n}]`;
      const { data } = checkTensorOf(name, gradient, parameter.shape, 'of the parameter');
      // A batch whose gradients are not finite is never accumulated.
      return parameter.checkValues(name, data).slice();
    });
    return () => {
      this.#batches = batches;
      this.#total = { loss, divisor, sums };
      this.#gradients = taken;
    };
  }
}

const NOTHING: Tally = { loss: 0, divisor: 0, sums: {} };
