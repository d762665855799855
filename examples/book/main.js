// Trains a character LSTM on a book, holds it against simpler models on text that it has not seen, and lets it write.
// `npm start -- --help` tells the flags.

import { setImmediate } from 'node:timers/promises';
import { createRuntime, setDefaultRuntime } from 'lstm-wasm';
import { relaxed } from 'lstm-wasm/relaxed';
import { baselines } from './baselines.js';
import { checkOut, createModel, createTraining, load, restore } from './checkpoint.js';
import { evaluate } from './evaluate.js';
import { generate } from './generate.js';
import { watchInterruptions } from './interruption.js';
import { DEFAULTS, HELP, onlyWrites, readOptions, UsageError } from './options.js';
import { planTraining } from './plan.js';
import { introduce, sayHowToGoOn, showTable } from './report.js';
import { checkCharacters, fingerprint, promptOf, readText, splitText } from './text.js';
import { train } from './train.js';

/** Lanes side by side, and the steps that gradients go back through. */
const BATCH = { batch: 16, window: 64 };

// `npm start | head`: who reads no longer wants no more.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1));

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await run(options, watchInterruptions());
} catch (error) {
  if (error.exitCode === undefined) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

async function run(options, signal) {
  const runtime = createRuntime({ binary: relaxed, seed: options.seed });
  setDefaultRuntime(runtime);
  if (onlyWrites(options)) {
    const { model, vocabulary, settings } = await load(options.resume);
    checkHidden(options, settings);
    return write(model, vocabulary, writingOf(options, settings, vocabulary), signal);
  }
  await checkOut(options.out);
  const training = await (options.resume === undefined ? begin(options) : goOn(options));
  const writing = writingOf(options, training.settings, training.vocabulary);
  introduce(training, runtime);
  const figures = baselines(training);
  await setImmediate();
  signal.throwIfAborted();
  const plan = planTraining(lengthOf(options, training.settings), training.settings, training.trainer);
  await train(training, plan, { out: options.out, writing, signal });
  if (signal.aborted) sayHowToGoOn(training, plan, options.out);
  signal.throwIfAborted();
  console.log(`\nSaved to ${options.out}, and loaded again from there.`);
  const { model, vocabulary } = await load(options.out);
  showTable(training, { ...figures, lstm: await evaluate(model, training, signal) });
  await write(model, vocabulary, writing, signal);
}

/** A new model. */
async function begin({ text: path, hidden = DEFAULTS.hidden, lr = DEFAULTS.lr }) {
  const text = await readText(path);
  const parts = splitText(text, { least: BATCH.batch * BATCH.window + 1 });
  const settings = { ...BATCH, hidden, lr, ...textSettings(text, path), spent: 0, budget: 0 };
  const model = createModel(parts.vocabulary, hidden);
  return { ...parts, settings, ...createTraining(model, parts.train, settings) };
}

/** A model saved before, put back to where it was: on its own text, unless another is given. */
async function goOn({ resume: path, text: given, ...options }) {
  const { model, training, vocabulary, settings: before } = await load(path);
  checkHidden(options, before);
  if (training === undefined) throw new UsageError(`--resume expected a model in training, got ${path}`);
  const textPath = given ?? before.text ?? undefined;
  const text = await readText(textPath);
  const parts = splitText(text, { vocabulary, least: before.batch * before.window + 1 });
  const settings = { ...before, lr: options.lr ?? before.lr, ...textSettings(text, textPath) };
  const made = createTraining(model, parts.train, settings);
  const sameText = settings.fingerprint === before.fingerprint;
  restore(made, training, { path, sameText });
  if (!sameText)
    console.log('This is another text than the model was trained on: it begins at its beginning.');
  return { ...parts, settings, ...made };
}

function textSettings(text, path) {
  return { text: path ?? null, fingerprint: fingerprint(text), prompt: promptOf(text, path) };
}

function checkHidden({ hidden }, settings) {
  if (hidden !== undefined && hidden !== settings.hidden)
    throw new UsageError(`--hidden expected ${settings.hidden} as in the file of --resume, got ${hidden}`);
}

/** How long to train: an interrupted run without flags of its own goes on with what was left. */
function lengthOf({ steps, minutes }, { spent, budget }) {
  if (steps !== undefined) return { steps };
  if (minutes === undefined && spent < budget) return {};
  return { seconds: (minutes ?? DEFAULTS.minutes) * 60 };
}

function writingOf({ prompt, temperature, length, seed }, settings, vocabulary) {
  if (prompt !== undefined) checkCharacters('prompt', prompt, vocabulary);
  return { prompt: prompt ?? settings.prompt, temperature, length, seed };
}

async function write(model, vocabulary, writing, signal) {
  process.stdout.write(`\n${writing.prompt}`);
  for await (const character of generate(model, vocabulary, writing)) {
    process.stdout.write(character);
    signal.throwIfAborted();
  }
  process.stdout.write('\n');
}
