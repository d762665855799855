import { readFile, writeFile } from 'node:fs/promises';
import { command, UsageError } from '../command.js';
import { drawForecasts, forecastData } from './chart.js';
import { Forecaster } from './forecaster.js';
import { helpOf, readOptions } from './options.js';
import { EpochDisplay } from './progress.js';
import { readTable } from './table.js';
import { cutParts, train } from './training.js';

/** An application as a program: `train`, the default, and `predict`. */
export function runAsProgram(application) {
  return command(application.name, (args) => runCommand(application, args));
}

/** @throws UsageError */
export async function runCommand(application, args) {
  const options = readOptions(application, args);
  if (options.help) return console.log(helpOf(application));
  return options.command === 'predict'
    ? predict(application, options)
    : trainAndMeasure(application, options);
}

async function trainAndMeasure(application, options) {
  const began = performance.now();
  const prepared = await prepare(application, options.data);
  const parts = cutParts(application, prepared, options.inputs);
  const counts = ['train', 'validation', 'test'].map((part) => parts[part].rows.length);
  console.log(`${application.does} Seed ${options.seed}.`);
  console.log(
    `Windows of ${application.steps} days: ${counts[0]} for training, ${counts[1]} for validation, ${counts[2]} for testing.\n`,
  );
  const forecaster = await trainShown(application, parts, options);
  const { lines, chart, scores } = application.measure({ prepared, parts, forecaster });
  console.log(lines.join('\n'));
  await forecaster.save(options.model, application);
  await writeFile(options.plot, drawForecasts(forecastData(chart, application.title)));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `\nThe model is in ${options.model}, the figure in ${options.plot}. Everything took ${seconds} s.`,
  );
  return scores;
}

async function trainShown(application, parts, options) {
  const display = new EpochDisplay(application.training.patience);
  let last;
  try {
    const onEpoch = (progress) => {
      last = progress;
      display.update(progress);
    };
    return await train(application, parts, { ...options, onEpoch });
  } finally {
    display.stop();
    if (last)
      console.log(`Trained for ${last.epoch} epochs; validation was best after step ${last.best?.step}.\n`);
  }
}

/** The forecast after the last row of the data. */
async function predict(application, { model, data }) {
  const forecaster = await Forecaster.load(model, application);
  const { series, restore, ...prepared } = await prepare(application, data);
  const forecast = restore(
    series.shape[0],
    forecaster.forecast(lastWindow(application, series, forecaster.inputs))[0],
  );
  console.log(application.show({ ...prepared, forecast }));
  return forecast;
}

function lastWindow({ steps }, { data, shape, columns }, inputs) {
  const [rows, width] = shape;
  const places = inputs.map((name) => columns.indexOf(name));
  const window = Array.from({ length: steps }, (_, n) => (rows - steps + n) * width).flatMap((at) =>
    places.map((place) => data[at + place]),
  );
  return { data: Float32Array.from(window), shape: [1, steps, inputs.length] };
}

async function prepare(application, path) {
  const text = path === undefined ? await application.csv() : await readText(path);
  const table = await readTable(text, application.columns);
  const least = (application.lead ?? 0) + application.steps;
  if (table.length < least)
    throw new UsageError(`--data expected at least ${least} days, got ${table.length}`);
  return application.prepare(table);
}

async function readText(path) {
  try {
    return await readFile(path, 'utf8');
  } catch ({ message }) {
    throw new UsageError(`--data expected a file, got ${path}: ${message}`);
  }
}
