import type { Parameter } from '../layers/parameter.js';
import { describe } from '../validation/errors.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import { type Better, isBetter } from './rates.js';

/** The best validation so far. */
export interface Best {
  /** The step that it was made after. */
  readonly step: number;
  /** What was monitored. */
  readonly value: number;
}

/** What the validations so far came to, as plain data. */
export interface MonitorState {
  readonly best: Best | null;
  /** The weights then, in the order of the parameters, where they are kept. */
  readonly weights?: readonly Tensor[];
  /** Early stopping: the best that it has seen, and how many validations since then were none. */
  readonly stopping: { readonly best: number | null; readonly bad: number };
}

interface Options {
  readonly better: Better;
  readonly keeps: boolean;
  readonly patience: number;
  readonly minDelta: number;
}

/** Follows the validations of a training: which was best, with which weights, and whether it is time to stop. */
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

  /** Takes what a validation came to; tells whether to stop. */
  observe(step: number, value: number): boolean {
    const { better, keeps, patience, minDelta } = this.#options;
    if (isBetter(value, this.#best?.value ?? null, better, 0)) {
      // First, since it may run out of memory.
      if (keeps) this.#weights = this.#parameters.map((parameter) => parameter.read());
      this.#best = { step, value };
    }
    const { best, bad } = this.#stopping;
    if (isBetter(value, best, better, minDelta)) this.#stopping = { best: value, bad: 0 };
    else if (bad + 1 < patience) this.#stopping = { best, bad: bad + 1 };
    else {
      // A run that is begun after this one has all patience again.
      this.#stopping = { best, bad: 0 };
      return true;
    }
    return false;
  }

  /** Gives the parameters the best weights; whether there are any. */
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

  /** The state, with the weights themselves. */
  get state(): MonitorState {
    const weights = this.#weights?.map((data, n) => ({
      data,
      shape: (this.#parameters[n] as Parameter).shape,
    }));
    return { best: this.#best, ...(weights && { weights }), stopping: this.#stopping };
  }

  /** A state, checked, as what takes it on. @throws TypeError or RangeError for that of another model */
  loading(state: MonitorState = NOTHING): () => void {
    const { best, stopping, weights } = state ?? {};
    if (best !== null && !(Number.isSafeInteger(best?.step) && Number.isFinite(best?.value)))
      throw new RangeError(`state.monitor.best expected { step, value } or null, got ${describe(best)}`);
    const { best: value, bad } = stopping ?? {};
    if (!(value === null || Number.isFinite(value)) || !(Number.isSafeInteger(bad) && (bad as number) >= 0))
      throw new RangeError(`state.monitor.stopping expected { best, bad }, got ${describe(stopping)}`);
    const taken = weights === undefined ? undefined : this.#checkWeights(weights);
    return () => {
      this.#best = best && { step: best.step, value: best.value };
      this.#stopping = { best: value as number | null, bad: bad as number };
      this.#weights = this.#options.keeps ? taken : undefined;
    };
  }

  #checkWeights(weights: readonly Tensor[]): Float32Array[] {
    const parameters = this.#parameters;
    if (!Array.isArray(weights) || weights.length !== parameters.length)
      throw new RangeError(
        `state.monitor.weights expected ${parameters.length} parameters, got ${describe(weights)}`,
      );
    return weights.map((one, n) => {
      const parameter = parameters[n] as Parameter;
      const name = `state.monitor.weights[${n}]`;
      const { data } = checkTensorOf(name, one, parameter.shape, 'of the parameter');
      return parameter.checkValues(name, data).slice();
    });
  }
}

const NOTHING: MonitorState = { best: null, stopping: { best: null, bad: 0 } };
