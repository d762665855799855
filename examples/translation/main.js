// Trains a translator, compares it with a nearest-neighbour baseline on the test part, and saves it. --help lists the flags.

import { writeFile } from 'node:fs/promises';
import { createRuntime } from 'lstm-wasm';
import { command, quoted, writableFile } from '../command.js';
import { ProgressDisplay } from '../progress.js';
import { drawTranslation, translationData } from './chart.js';
import { readSentences, split } from './corpus.js';
import { HELP, MODEL, readOptions } from './options.js';
import { examples, measured, resultTable } from './report.js';
import { saveTranslator } from './saved.js';
import { trainTranslator } from './training.js';

const PROGRESS = 'epoch {epoch} | loss {loss} | validation {validation} | {speed} pairs/s';

await command('translation', async (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else await main(options);
});

async function main({ settings, validation, test, seed, model: file, out }) {
  writableFile('model', file);
  writableFile('out', out);
  const parts = split(await readSentences(), { validation, test, seed });
  for (const [name, part] of Object.entries(parts)) console.log(partLine(name, part));
  const began = process.cpuUsage();
  const translator = await train(parts, settings, createRuntime({ seed }));
  console.log(`\nTraining took ${seconds(began)} s of CPU time.\n`);
  await saveTranslator(file, translator);
  const results = measured(translator, parts);
  console.log(`${resultTable(results)}\n\n${examples(translator, parts.test)}\n`);
  await writeFile(out, drawTranslation(translationData(translator, results)));
  const flag = file === MODEL ? '' : ` --model ${quoted(file)}`;
  console.log(`The figure is ${out}, the translator is in ${file}. To use it:`);
  console.log(`  node examples/translation/predict.js${flag} 'I am hungry.'`);
}

async function train(parts, settings, runtime) {
  const display = new ProgressDisplay(PROGRESS, { interval: 30_000 });
  let latest = '–';
  const translator = await trainTranslator(parts, {
    settings,
    runtime,
    onStep: ({ done, epoch, loss, validation, samplesPerSecond }) => {
      if (validation) latest = validation.metrics.surprise.toFixed(3);
      display.update(done, {
        epoch: epoch.toFixed(2),
        loss: loss.toFixed(3),
        validation: latest,
        speed: Math.round(samplesPerSecond),
      });
      if (validation)
        display.line(`after ${epoch.toFixed(2)} epochs: ${latest} nats a word on the validation part`);
    },
  });
  display.stop();
  return translator;
}

function partLine(name, sentences) {
  const pairs = sentences.reduce((count, { french }) => count + french.length, 0);
  return `${name}: ${sentences.length} English sentences, ${pairs} pairs`;
}

function seconds(began) {
  return (process.cpuUsage(began).user / 1e6).toFixed(0);
}
