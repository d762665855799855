import { wrongValue } from '../validation/errors.js';
import { checkObject } from '../validation/options.js';
import { checkTensor, checkTensorOf, type Tensor } from '../validation/tensor.js';
import { checkSeries, columnName } from './series.js';
import type { Windows } from './windows.js';

/** Root mean squared errors for each target column, and what they mean. */
export interface BaselineComparison {
  /** Of the forecasts. */
  readonly model: readonly number[];
  /** Of repeating the last value before each target; NaN where it is missing in every window. */
  readonly lastValue: readonly number[];
  /** Of the mean of all targets, known in hindsight. */
  readonly mean: readonly number[];
  /** One sentence for each column and baseline that the forecasts do not beat, and for forecasts that are flat. */
  readonly warnings: readonly string[];
}

/** Forecasts that vary by less than this part of what the targets vary are flat. */
const FLAT = 0.05;

/**
 * Compares forecasts with two that need no model: the last value, and the mean. A network that has learned nothing often predicts
 * nearly the mean, a flat line; one that has learned little repeats the last value, which looks like a good forecast a step late. A low
 * error shows neither, and the warnings do. Give it windows of the validation or test part.
 *
 * @param predicted - the model's output for `windows.input`: [windows, horizon * targets]
 * @param windows - what `windows` returned, in the same units
 * @returns errors in those units, one for each target column, over all windows and the whole horizon
 * @throws TypeError for the wrong kind, RangeError for a wrong shape or a forecast that is not finite
 * @example
 * ```ts
 * import { compareWithBaselines, windows } from 'lstm-wasm/data';
 * const series = { data: Float32Array.of(1, 2, 1, 2, 1, 2), shape: [6, 1], columns: ['tide'] };
 * const tides = windows(series, { steps: 2 });
 * const flat = { data: new Float32Array(4).fill(1.5), shape: [4, 1] };
 * const { model, lastValue, warnings } = compareWithBaselines(flat, tides);
 * console.log(model, lastValue); // [ 0.5 ] [ 1 ]
 * console.log(warnings[0]); // column "tide": the forecasts are flat: they vary by 0, the targets by 0.5
 * ```
 */
export function compareWithBaselines(predicted: Tensor, windows: Windows): BaselineComparison {
  checkObject('windows', windows);
  const target = checkTensor('windows.target', windows.target);
  const last = checkSeries('windows.last', windows.last);
  const { data } = checkTensorOf('predicted', predicted, target.shape, '[windows, horizon * targets]');
  const wrong = data.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0) throw wrongValue(`predicted.data[${wrong}]`, 'a finite number', data[wrong]);
  const width = last.shape[1] as number;
  const [count = 0, values = 0] = target.shape;
  if (count !== last.shape[0] || values % width !== 0 || target.data.length === 0)
    throw wrongValue('windows', 'those that windows() returned', 'other shapes');
  const columns = Array.from({ length: width }, (_, column) =>
    compareColumn(data, target.data, last.data, column, width, values / width),
  );
  return {
    model: columns.map(({ model }) => model),
    lastValue: columns.map(({ lastValue }) => lastValue),
    mean: columns.map(({ mean }) => mean),
    warnings: columns.flatMap((one, n) => warningsOf(`column ${columnName(last.columns, n)}`, one)),
  };
}

/** Errors and deviations of one column. */
interface Compared {
  readonly model: number;
  /** The error of the forecasts where there is a last value. */
  readonly modelWithLast: number;
  readonly lastValue: number;
  /** The error of the mean is the standard deviation of the targets. */
  readonly mean: number;
  /** The standard deviation of the forecasts. */
  readonly spread: number;
}

function compareColumn(
  predicted: Float32Array,
  target: Float32Array,
  last: Float32Array,
  column: number,
  width: number,
  horizon: number,
): Compared {
  const [forecasts, targets] = [new Deviation(), new Deviation()];
  const [model, modelWithLast, lastValue] = [new SquaredError(), new SquaredError(), new SquaredError()];
  for (let n = column; n < target.length; n += width) {
    const [x, y] = [predicted[n] as number, target[n] as number];
    const z = last[Math.floor(n / (width * horizon)) * width + column] as number;
    forecasts.add(x);
    targets.add(y);
    model.add(x - y);
    if (Number.isNaN(z)) continue;
    modelWithLast.add(x - y);
    lastValue.add(z - y);
  }
  return {
    model: model.root,
    modelWithLast: modelWithLast.root,
    lastValue: lastValue.root,
    mean: targets.value,
    spread: forecasts.value,
  };
}

class SquaredError {
  #sum = 0;
  #count = 0;

  add(error: number): void {
    this.#sum += error * error;
    this.#count++;
  }

  get root(): number {
    return Math.sqrt(this.#sum / this.#count);
  }
}

/** The standard deviation of values, by Welford's update: no two passes, no cancellation. */
class Deviation {
  #mean = 0;
  #sum = 0;
  #count = 0;

  add(x: number): void {
    this.#count++;
    const before = x - this.#mean;
    this.#mean += before / this.#count;
    this.#sum += before * (x - this.#mean);
  }

  get value(): number {
    return Math.sqrt(this.#sum / this.#count);
  }
}

function warningsOf(name: string, { model, modelWithLast, lastValue, mean, spread }: Compared): string[] {
  if (mean === 0) return [`${name}: the targets are constant, so no forecast can be judged by them`];
  const show = (x: number) => Number(x.toPrecision(3));
  const warnings = [];
  if (spread < FLAT * mean)
    warnings.push(
      `${name}: the forecasts are flat: they vary by ${show(spread)}, the targets by ${show(mean)}`,
    );
  if (model >= mean)
    warnings.push(
      `${name}: the forecasts do not beat the mean of the targets: error ${show(model)}, that of the mean ${show(mean)}`,
    );
  if (modelWithLast >= lastValue)
    warnings.push(
      `${name}: the forecasts do not beat the last value: error ${show(modelWithLast)}, that of the last value ${show(lastValue)}`,
    );
  return warnings;
}
