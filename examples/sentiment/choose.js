// How the settings were chosen: on sentences that are in the test part of none of the five splits, and so have no part in what is
// reported. Half of them at a time is held out, with all other sentences to train on.

import { createRuntime } from 'lstm-wasm';
import { command } from '../command.js';
import { mean, percent } from '../report.js';
import { SETTINGS, trainNetwork } from './network.js';
import { folds, readSentences, shuffled, split } from './sentences.js';

const SPLITS = [1, 2, 3, 4, 5];
const SEEDS = [1, 2];

const CANDIDATES = {
  'as it is': {},
  'twice as wide': { size: 64, hidden: 64 },
  'learning rate 0.001': { lr: 1e-3 },
  'no weight decay': { weightDecay: 0 },
  'half the dropout': {
    embeddingDropout: 0.15,
    inputDropout: 0.15,
    recurrentDropout: 0.1,
    outputDropout: 0.25,
  },
  'words that come twice': { minCount: 2 },
};

await command('choose', async () => {
  const sentences = await readSentences();
  const tested = new Set(SPLITS.flatMap((seed) => split(sentences, seed).test));
  const free = shuffled(
    sentences.filter((sentence) => !tested.has(sentence)),
    0,
  );
  console.log(`${free.length} sentences are in no test part.\n`);
  for (const [name, change] of Object.entries(CANDIDATES)) {
    const runs = [];
    for (const { held } of folds(free, 2)) {
      const rest = sentences.filter((sentence) => !held.includes(sentence));
      for (const seed of SEEDS) runs.push(await tried({ rest, held }, change, seed));
    }
    const [loss, right] = ['surprise', 'accuracy'].map((key) => mean(runs.map((run) => run[key])));
    console.log(`${name.padEnd(21)}  cross-entropy ${loss.toFixed(4)}  accuracy ${percent(right)}`);
  }
});

async function tried(part, change, seed) {
  const settings = { ...SETTINGS, ...change };
  const { model, best } = await trainNetwork(part, { settings, runtime: createRuntime({ seed }) });
  model.dispose();
  return best;
}
