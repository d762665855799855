// Trains a character LSTM on a book, compares it with simpler models on held-out text, and generates text.
// `npm start -- --help` lists the flags.

import { writeFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { command, UsageError, writableFile } from '../command.js';
import { baselines } from './baselines.js';
import { createModel, createTraining, load, restore, runtimeFor } from './checkpoint.js';
import { evaluate } from './evaluate.js';
import { watchInterruptions } from './interruption.js';
import { HELP, readOptions } from './options.js';
import { Plan } from './plan.js';
import { introduce, sayHowToResume, sayHowToWrite, showTable } from './report.js';
import { fingerprint, splitText } from './text.js';
import { readText } from './texts.js';
import { train } from './train.js';
import { withPrompt, write } from './writing.js';

await command('book', async (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else await run(options, watchInterruptions());
});

async function run(options, signal) {
  const { out, plot } = options;
  const training = await (options.resume === undefined ? begin(options) : resumed(options));
  const writing = withPrompt(options.writing, training.settings, training.vocabulary);
  for (const [flag, path] of Object.entries({ out, plot })) writableFile(flag, path);
  introduce(training);
  const figures = baselines(training);
  await setImmediate();
  signal.throwIfAborted();
  const plan = new Plan(training.settings, training.trainer);
  await train(training, plan, { out, writing, signal });
  if (signal.aborted) sayHowToResume(training, out);
  signal.throwIfAborted();
  console.log(`\nSaved to ${out}, and loaded again from there.`);
  const { model, vocabulary } = await load('out', out, training.model.runtime);
  const results = { ...figures, lstm: await evaluate(model, training, signal) };
  showTable(training, results);
  // Observable Plot takes a second to load, which --help does not need.
  const { curveData, drawCurve } = await import('./chart.js');
  await writeFile(plot, drawCurve(curveData(training, results)));
  sayHowToWrite({ out, plot });
  await write(model, vocabulary, writing, signal);
}

/** A new model. */
async function begin({ text: name, sizes, course, writing }) {
  const { text, prompt, settings: usual } = await readText(name);
  const source = { text: name, fingerprint: fingerprint(text), prompt };
  const settings = { ...usual, ...sizes, spent: 0, ...course, ...source };
  const parts = splitText(text, settings);
  const model = createModel(parts.vocabulary, settings, runtimeFor(settings, writing.seed));
  return { ...parts, settings, ...createTraining(model, parts.train, settings) };
}

/** A saved model in the state it was saved in: on its own text unless another is given. */
async function resumed({ resume: path, text: given, sizes, course, writing }) {
  const { settings: before } = await load('resume', path);
  for (const [name, value] of Object.entries(sizes)) checkSame(name, before[name], value);
  // The file says which binary to use, so it is read a second time.
  const unfinished = { ...before, spent: before.spent < before.budget ? before.spent : 0, ...course };
  const { model, training, vocabulary } = await load('resume', path, runtimeFor(unfinished, writing.seed));
  if (training === undefined) throw new UsageError(`--resume expected a model in training, got ${path}`);
  const { text, prompt } = await readText(given ?? before.text);
  const source = { text: given ?? before.text, fingerprint: fingerprint(text), prompt };
  const settings = { ...unfinished, ...source };
  const parts = splitText(text, { ...settings, vocabulary });
  const made = createTraining(model, parts.train, settings);
  const sameText = source.fingerprint === before.fingerprint;
  restore(made, training, { path, sameText });
  if (!sameText)
    console.log('This is not the text the model was trained on, so training starts at its beginning.');
  return { ...parts, settings, ...made };
}

/** The shape of a model and its split of the text cannot change. @throws UsageError */
function checkSame(name, before, now) {
  if (now === before) return;
  const flag = name === 'heldOut' ? 'held-out' : name;
  throw new UsageError(`--${flag} expected ${before} as in the file of --resume, got ${now}`);
}
