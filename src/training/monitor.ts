import type { Parameter } from '../layers/parameter.js';
import { describe } from '../validation/errors.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import { type Better, isBetter } from './rates.js';

/** The best validation so far. */
export interface Best {
  /** The step after which it ran. */
  readonly step: number;
  /** The monitored value. */
  readonly value: number;
}

/** The results of the validations so far, as plain data. */
export interface MonitorState {
  readonly best: Best | null;
  /** The weights of the best validation, in the order of the parameters, with `bestWeights`. */
  readonly weights?: readonly Tensor[];
  /** Early stopping: the best value, and the number of validations since then without improvement. */
  readonly stopping: { readonly best: number | null; readonly bad: number };
}

interface Options {
  readonly better: Better;
  readonly keepWeights: boolean;
  readonly patience: number;
  readonly minDelta: number;
}

/** Tracks the validations of a training: the best one, its weights, and when to stop early. */
export class Monitor {
  readonly #options: Options;
  readonly #parameters: readonly Parameter[];
  #best: Best | null = null;
  #weights: readonly Float32Array[] | undefined;
  #stopping: MonitorState['stopping'] = { best: null, bad: 0 };

  constructor(parameters: readonly Parameter[], options: Options) {
    this.#parameters = parameters;
    this.#options = options;
  }

  get best(): Best | undefined {
    return this.#best ?? undefined;
  }

  /** Records the result of a validation. @returns whether to stop */
  observe(step: number, value: number): boolean {
    const { better, keepWeights, patience, minDelta } = this.#options;
    if (isBetter(value, this.#best?.value ?? null, better, 0)) {
      // First, because this can run out of memory.
      if (keepWeights) this.#weights = this.#parameters.map((parameter) => parameter.read());
      this.#best = { step, value };
    }
    const { best, bad } = this.#stopping;
    if (isBetter(value, best, better, minDelta)) this.#stopping = { best: value, bad: 0 };
    else if (bad + 1 < patience) this.#stopping = { best, bad: bad + 1 };
    else {
      // The next run starts with full patience.
      this.#stopping = { best, bad: 0 };
      return true;
    }
    return false;
  }

  /** Restores the best weights. @returns false if there are none */
  restore(): boolean {
    if (this.#weights === undefined) return false;
    for (const parameter of this.#parameters) parameter.checkFree();
    for (const [n, weights] of this.#weights.entries()) {
      const parameter = this.#parameters[n] as Parameter;
      parameter.runtime.f32.set(weights, parameter.pointer >>> 2);
      parameter.version++;
    }
    return true;
  }

  /** The state; it shares the arrays of the weights. */
  get state(): MonitorState {
    const weights = this.#weights?.map((data, n) => ({
      data,
      shape: (this.#parameters[n] as Parameter).shape,
    }));
    return { best: this.#best, ...(weights && { weights }), stopping: this.#stopping };
  }

  /** Checks a state. @returns a function that loads it. @throws TypeError or RangeError for the state of another model */
  loading(state: MonitorState = EMPTY): () => void {
    const { best, stopping, weights } = state ?? {};
    if (best !== null && !(Number.isSafeInteger(best?.step) && Number.isFinite(best?.value)))
      throw new RangeError(`state.monitor.best expected { step, value } or null, got ${describe(best)}`);
    const { best: value, bad } = stopping ?? {};
    if (!(value === null || Number.isFinite(value)) || !(Number.isSafeInteger(bad) && (bad as number) >= 0))
      throw new RangeError(`state.monitor.stopping expected { best, bad }, got ${describe(stopping)}`);
    const checked = weights === undefined ? undefined : this.#checkWeights(weights);
    return () => {
      this.#best = best && { step: best.step, value: best.value };
      this.#stopping = { best: value as number | null, bad: bad as number };
      this.#weights = this.#options.keepWeights ? checked : undefined;
    };
  }

  #checkWeights(weights: readonly Tensor[]): Float32Array[] {
    const parameters = this.#parameters;
    if (!Array.isArray(weights) || weights.length !== parameters.length)
      throw new RangeError(
        `state.monitor.weights expected one tensor per parameter = ${parameters.length}, got ${describe(weights)}`,
      );
    return weights.map((one, n) => {
      const parameter = parameters[n] as Parameter;
      const name = `state.monitor.weights[${n}]`;
      const { data } = checkTensorOf(name, one, parameter.shape, 'of the parameter');
      return parameter.checkValues(name, data).slice();
    });
  }
}

const EMPTY: MonitorState = { best: null, stopping: { best: null, bad: 0 } };
