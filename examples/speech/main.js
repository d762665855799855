// Trains on spoken digits, measures on recordings that were set apart, and saves the models. --help lists the parts and flags.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRuntime } from 'lstm-wasm';
import { command, quoted } from '../command.js';
import { ProgressDisplay } from '../progress.js';
import { percent } from '../report.js';
import { trainDigits } from './digits.js';
import { drawSpeech, listeningData } from './draw.js';
import { measureDigits, measureSpeakers, measureStrings } from './measures.js';
import { HELP, MODEL, readOptions } from './options.js';
import { Recognizer } from './recognizer.js';
import { readRecordings, split } from './recordings.js';
import { curveLine, digitsTable, speakersTable, stringsTable } from './report.js';
import { trainTranscriber } from './transcriber.js';
import { wavOf } from './wav.js';

const PROGRESS = '{what} | epoch {epoch} of {epochs} | loss {loss} | validation: {measured}';

await command('speech', async (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else await main(options);
});

async function main(options) {
  const began = performance.now();
  const recordings = await readRecordings();
  const parts = split(recordings);
  const counts = ['train', 'validation', 'test'].map((part) => parts[part].length);
  console.log(
    `${counts[0]} recordings for training, ${counts[1]} for validation, ${counts[2]} for testing.\n`,
  );
  const display = new ProgressDisplay(PROGRESS);
  const figure = {};
  // The strings start from it: a missing model is reported before minutes of training.
  if (options.parts.includes('strings') && !options.parts.includes('digits')) await digitsOf(options);
  if (options.parts.includes('digits')) await digits(parts, options, display);
  if (options.parts.includes('speakers')) figure.speakers = await speakers(recordings, options, display);
  if (options.parts.includes('strings')) figure.listening = await strings(parts, options, display);
  if (figure.speakers || figure.listening) {
    await writeFile(options.out, drawSpeech(figure));
    console.log(`The figure is ${options.out}.`);
  }
  sayHowToPredict(options);
  const cpu = process.cpuUsage().user / 1e6;
  console.log(
    `Everything took ${((performance.now() - began) / 1000).toFixed(0)} s, ${cpu.toFixed(0)} s of them computing.`,
  );
}

function digitsOf({ model }) {
  return Recognizer.load(join(model, 'digits.safetensors'), 'digits');
}

async function digits(parts, { epochs, seed, model }, display) {
  const onEpoch = showDigits(display, 'digits');
  const { recognizer, curve } = await trainDigits(parts, {
    epochs,
    runtime: createRuntime({ seed }),
    onEpoch,
  });
  display.line(`accuracy on validation  ${curveLine(curve, 'accuracy', { low: 0.5, high: 1 })}\n`);
  console.log(`${digitsTable(measureDigits(recognizer, parts))}\n`);
  await recognizer.save(join(model, 'digits.safetensors'));
  await writeFile(join(model, 'digit.wav'), wavOf(parts.test[0].samples));
}

async function speakers(recordings, { epochs, seed }, display) {
  const onEpoch = (speaker, progress) => showDigits(display, `without ${speaker}`)(progress);
  const results = [];
  for await (const result of measureSpeakers(recordings, { epochs, seed, onEpoch })) {
    results.push(result);
    display.line(`${result.speaker}, not in training: ${percent(result.lstm)} right`);
  }
  console.log(`\n${speakersTable(results)}\n`);
  return results;
}

async function strings(parts, { stringEpochs: epochs, seed, model }, display) {
  const known = await digitsOf({ model });
  const onEpoch = ({ validation, ...progress }) => {
    const measured = `${percent(validation.metrics.digitErrorRate)} of digits wrong`;
    show(display, { what: 'strings', measured, ...progress });
  };
  const runtime = createRuntime({ seed });
  const { recognizer, curve } = await trainTranscriber(parts, known, { epochs, runtime, onEpoch });
  display.line(
    `digit error rate on validation  ${curveLine(curve, 'digitErrorRate', { low: 0, high: 1 })}\n`,
  );
  const { strings, errors } = measureStrings(recognizer, known, parts);
  console.log(`${stringsTable(errors)}\n`);
  await recognizer.save(join(model, 'strings.safetensors'));
  await writeFile(join(model, 'string.wav'), wavOf(strings[0].samples));
  return listeningData({ recognizer, string: strings[0] });
}

function showDigits(display, what) {
  return ({ validation, ...progress }) => {
    show(display, { what, measured: `${percent(validation.metrics.accuracy)} right`, ...progress });
  };
}

function show(display, { what, measured, epoch, epochs, loss }) {
  display.update(epoch / epochs, { what, measured, epoch, epochs, loss: loss.toFixed(3) });
}

function sayHowToPredict({ parts, model }) {
  const flag = model === MODEL ? '' : ` --model ${quoted(model)}`;
  const program = `  node examples/speech/predict.js${flag}`;
  if (parts.includes('digits'))
    console.log(`To recognize a digit:\n${program} ${quoted(join(model, 'digit.wav'))}`);
  if (parts.includes('strings'))
    console.log(`To transcribe a string of them:\n${program} --strings ${quoted(join(model, 'string.wav'))}`);
}
