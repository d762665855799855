import { describe } from '../validation/errors.js';
import { checkNumber, checkOptions } from '../validation/options.js';
import {
  type Affine,
  parseState,
  Scaler,
  type ScalerOptions,
  type ScalerState,
  stateFields,
} from './scaler.js';
import { deviationsOf, meansOf, rangesOf } from './statistics.js';

export interface StandardScalerState extends ScalerState {
  readonly type: 'StandardScaler';
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Scales columns to mean 0 and standard deviation 1: y = (x − mean) / std, over all values of the training part (the deviation divides
 * by n). A constant column is only shifted. Statistics are doubles, and the same in every engine.
 *
 * @example
 * ```ts
 * import { chronologicalSplit, StandardScaler } from 'lstm-wasm/data';
 * const series = { data: Float32Array.of(1, 3, 5, 7, 100), shape: [5, 1], columns: ['births'] };
 * const { train, test } = chronologicalSplit(series, { test: 1 });
 * const scaler = new StandardScaler().fit(train);
 * console.log(scaler.mean, scaler.transform(test).data[0]!.toFixed(3)); // [ 4 ] 42.933
 *
 * const text = JSON.stringify(scaler); // for saveModel's metadata
 * const again = StandardScaler.fromJSON(text);
 * const forecast = { data: Float32Array.of(0, 1), shape: [1, 2] };
 * console.log([...again.inverseTransform(forecast, { columns: ['births'] }).data].map(Math.round)); // [ 4, 6 ]
 * ```
 */
export class StandardScaler extends Scaler {
  #mean: readonly number[] | undefined;
  #std: readonly number[] | undefined;

  /** @throws TypeError for the wrong kind or an unknown option, RangeError for an unknown value */
  constructor(options: ScalerOptions = {}) {
    checkOptions(options, ['missing'], 'StandardScaler');
    super(options.missing);
  }

  /** The scaler from the text that `JSON.stringify` returned for it. @throws TypeError for anything but text, RangeError for damaged text */
  static fromJSON(text: string): StandardScaler {
    const scaler = new StandardScaler();
    scaler.loadStateDict(parseState(text) as StandardScalerState);
    return scaler;
  }

  /** The mean of each column. @throws Error before `fit` */
  get mean(): readonly number[] {
    return this.fitted(this.#mean, 'mean');
  }

  /** The standard deviation of each column; 0 for a constant one. @throws Error before `fit` */
  get std(): readonly number[] {
    return this.fitted(this.#std, 'std');
  }

  override stateDict(): StandardScalerState {
    const statistics = { mean: [...this.mean], std: [...this.std] };
    return { ...this.commonState('StandardScaler'), type: 'StandardScaler', ...statistics };
  }

  /** Replaces the statistics of `fit`. @throws TypeError for the wrong kind, RangeError for a damaged state */
  loadStateDict(state: StandardScalerState): void {
    const { numbers, missing, columns } = stateFields(state, 'StandardScaler', ['mean', 'std']);
    const [mean, std] = numbers as [number[], number[]];
    if (std.some((s) => s < 0))
      throw new RangeError(`state.std expected numbers from 0 up, got ${describe(std)}`);
    this.#mean = [...mean];
    this.#std = [...std];
    this.missing = missing;
    this.columns = columns;
  }

  /** @internal */
  protected override measure(data: Float32Array, width: number): void {
    const means = meansOf(data, width);
    this.#mean = means.map(({ mean }) => mean);
    this.#std = deviationsOf(data, means);
  }

  /** @internal */
  protected override affine(): readonly Affine[] | undefined {
    return this.#mean?.map((offset, n) => ({ offset, scale: this.#std?.[n] || 1, span: 1, low: 0 }));
  }
}

export interface MinMaxScalerOptions extends ScalerOptions {
  /** The result for the smallest value of the training part. Default 0. */
  low?: number;
  /** The result for the largest value of the training part. Default 1. */
  high?: number;
}

export interface MinMaxScalerState extends ScalerState {
  readonly type: 'MinMaxScaler';
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly low: number;
  readonly high: number;
}

/**
 * Scales columns to the range from `low` to `high`: y = (x − min) / (max − min) * (high − low) + low, with the smallest and largest value
 * of the training part. Values of another part may fall outside the range; they are not clipped. A constant column becomes `low`.
 *
 * @example
 * ```ts
 * import { MinMaxScaler } from 'lstm-wasm/data';
 * const train = { data: Float32Array.of(10, 20, 30), shape: [3, 1] };
 * const scaler = new MinMaxScaler({ low: -1 }).fit(train);
 * console.log([...scaler.transform(train).data], scaler.max); // [ -1, 0, 1 ] [ 30 ]
 * ```
 */
export class MinMaxScaler extends Scaler {
  #low: number;
  #high: number;
  #min: readonly number[] | undefined;
  #max: readonly number[] | undefined;

  /** @throws TypeError for the wrong kind or an unknown option, RangeError if `high` is not above `low` */
  constructor(options: MinMaxScalerOptions = {}) {
    checkOptions(options, ['missing', 'low', 'high'], 'MinMaxScaler');
    super(options.missing);
    [this.#low, this.#high] = checkRange(options.low ?? 0, options.high ?? 1);
  }

  /** The scaler from the text that `JSON.stringify` returned for it. @throws TypeError for anything but text, RangeError for damaged text */
  static fromJSON(text: string): MinMaxScaler {
    const scaler = new MinMaxScaler();
    scaler.loadStateDict(parseState(text) as MinMaxScalerState);
    return scaler;
  }

  /** The smallest value of each column. @throws Error before `fit` */
  get min(): readonly number[] {
    return this.fitted(this.#min, 'min');
  }

  /** The largest value of each column. @throws Error before `fit` */
  get max(): readonly number[] {
    return this.fitted(this.#max, 'max');
  }

  override stateDict(): MinMaxScalerState {
    const statistics = { min: [...this.min], max: [...this.max], low: this.#low, high: this.#high };
    return { ...this.commonState('MinMaxScaler'), type: 'MinMaxScaler', ...statistics };
  }

  /** Replaces the statistics and the range. @throws TypeError for the wrong kind, RangeError for a damaged state */
  loadStateDict(state: MinMaxScalerState): void {
    const { fields, numbers, missing, columns } = stateFields(state, 'MinMaxScaler', ['min', 'max']);
    const [min, max] = numbers as [number[], number[]];
    const n = min.findIndex((least, column) => least > (max[column] as number));
    if (n >= 0)
      throw new RangeError(`state.max[${n}] expected a number of at least min = ${min[n]}, got ${max[n]}`);
    [this.#low, this.#high] = checkRange(fields.low, fields.high, 'state.');
    this.#min = [...min];
    this.#max = [...max];
    this.missing = missing;
    this.columns = columns;
  }

  /** @internal */
  protected override measure(data: Float32Array, width: number): void {
    const ranges = rangesOf(data, width);
    this.#min = ranges.map(({ min }) => min);
    this.#max = ranges.map(({ max }) => max);
  }

  /** @internal */
  protected override affine(): readonly Affine[] | undefined {
    const [low, span] = [this.#low, this.#high - this.#low];
    return this.#min?.map((offset, n) => ({
      offset,
      scale: (this.max[n] as number) - offset || 1,
      span,
      low,
    }));
  }
}

function checkRange(low: unknown, high: unknown, where = ''): [low: number, high: number] {
  const least = checkNumber(`${where}low`, low);
  return [least, checkNumber(`${where}high`, high, `a number above low = ${least}`, (x) => x > least)];
}
