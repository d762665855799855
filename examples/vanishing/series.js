import { readFile } from 'node:fs/promises';
import { mse } from 'lstm-wasm';
import { gradientFlow } from 'lstm-wasm/inspect';
import { UsageError } from '../command.js';
import { integers } from '../random.js';
import { readColumns, readTable } from '../series/table.js';
import { makeModel, trainOn } from './models.js';

const CELLS = ['RNN', 'LSTM, b_f = 1', 'GRU'];
/** The part of the series that is trained on: the first. */
const TRAINED = 0.8;
/** Windows that the gradient is followed in. */
const FOLLOWED = 32;

/**
 * A column of the reader's own CSV file.
 *
 * @returns {Promise<{ name: string, values: Float32Array }>}
 * @throws UsageError
 */
export async function readSeries(path, { column, lag }) {
  const text = await readFile(path, 'utf8').catch(({ message }) => {
    throw new UsageError(`--data expected a file, got ${path}: ${message}`);
  });
  const table = await readTable(text, column === undefined ? [] : [column]);
  if (column === undefined && table.columns.length !== 1)
    throw new UsageError(`--column expected one of ${table.columns.join(', ')}`);
  const name = column ?? table.columns[0];
  const { data } = readColumns(table, [name]);
  const least = Math.ceil((lag + 2) / (1 - TRAINED));
  if (data.length < least)
    throw new UsageError(`--data expected at least 5 · (--lag + 2) = ${least} rows, got ${data.length}`);
  if (data.every((value) => value === data[0]))
    throw new UsageError(`--column expected values that differ, got ${data[0]} in every row of "${name}"`);
  return { name, values: data };
}

/**
 * The gradient of each cell on windows of a series, before and after it learned to predict the next value.
 *
 * @param {Float32Array} values
 * @returns the root mean square error of the last fifth, as parts of the standard deviation, and for each cell `[steps back, part]`
 */
export function seriesExperiment(values, { lag, hidden, updates, seed }) {
  const scaled = standardized(values);
  const cut = Math.floor(TRAINED * values.length);
  const test = windowsOf(scaled, range(cut, scaled.length - lag), lag);
  const followed = windowsOf(scaled, spread(scaled.length - lag, FOLLOWED), lag);
  const last = test.target.data.map((_, n) => test.input.data[(n + 1) * lag - 1]);
  const cells = CELLS.map((name) => {
    const model = makeModel(name, { hidden, seed, inputs: 1 });
    const before = partsOf(model, followed);
    const next = integers(seed, lag);
    const fresh = (count) =>
      windowsOf(
        scaled,
        Array.from({ length: count }, () => next() % (cut - lag)),
        lag,
      );
    trainOn(model, fresh, { updates, clipNorm: 1 });
    const after = partsOf(model, followed);
    const error = rmse(model.forward(test.input).output.data, test.target.data);
    model.dispose();
    return { name, before, after, error };
  });
  return { cells, persistence: rmse(last, test.target.data) };
}

function partsOf(model, batch) {
  const [{ dc, dh }] = gradientFlow(model, batch, { loss: mse }).layers;
  const norms = (dc ?? dh).toReversed();
  return Array.from(norms, (norm, back) => [back, norm / norms[0]]);
}

/** By mean and standard deviation of the part that is trained on: nothing comes from the rest. */
function standardized(values) {
  const known = values.subarray(0, Math.floor(TRAINED * values.length));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  return values.map((value) => (value - mean) / Math.sqrt(variance || 1));
}

/** Windows of `lag` values, each with the value after it: input [count, lag, 1], target [count, 1]. */
function windowsOf(values, starts, lag) {
  const input = new Float32Array(starts.length * lag);
  for (const [n, start] of starts.entries()) input.set(values.subarray(start, start + lag), n * lag);
  return {
    input: { data: input, shape: [starts.length, lag, 1] },
    target: { data: Float32Array.from(starts, (start) => values[start + lag]), shape: [starts.length, 1] },
  };
}

function range(from, to) {
  return Array.from({ length: to - from }, (_, n) => from + n);
}

/** `count` numbers from 0 to below `end`, evenly apart. */
function spread(end, count) {
  return Array.from({ length: Math.min(count, end) }, (_, n) => Math.floor((n * end) / Math.min(count, end)));
}

function rmse(outputs, targets) {
  return Math.sqrt(targets.reduce((sum, y, n) => sum + (outputs[n] - y) ** 2, 0) / targets.length);
}
