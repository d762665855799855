import { Adam, cosineAnnealingLR, crossEntropy, Trainer } from 'lstm-wasm';
import { bucketBatches, WordVocabulary } from 'lstm-wasm/data';
import { pairsOf } from './corpus.js';
import { classesOf, rowOf, UNKNOWN } from './rows.js';
import { Translator } from './translator.js';

/** Also read by reference/train.py. `sourceCount`, `targetCount`: occurrences that a word needs to get an id. */
export const SETTINGS = {
  size: 96,
  hidden: 128,
  readout: 96,
  dropout: 0.1,
  sourceCount: 3,
  targetCount: 8,
  lr: 4e-3,
  batchSize: 64,
  epochs: 4,
};

/** The last validation is at the end, where the learning rate has fallen to zero. */
const VALIDATIONS_PER_EPOCH = 4;

/**
 * Trains a translator, and restores the weights with the lowest cross-entropy on the validation part.
 *
 * @param {{ train: Sentence[], validation: Sentence[] }} parts
 * @param {{ settings?: object, runtime?: Runtime, onStep?: (progress) => void }} [options]
 * @returns {Promise<{ model: Translator, vocabularies: Vocabularies, settings: object, curve: [epoch: number, surprise: number][] }>}
 */
export async function trainTranslator(parts, { settings = SETTINGS, runtime, onStep } = {}) {
  const pairs = pairsOf(parts.train);
  const vocabularies = vocabulariesOf(pairs, settings);
  const model = createTranslator(vocabularies, settings, runtime);
  const { batchSize, epochs } = settings;
  const batches = bucketBatches(rowsOf(pairs, vocabularies), { batchSize, epochs, runtime });
  const held = rowsOf(pairsOf(parts.validation), vocabularies);
  const trainer = new Trainer(model, {
    loss,
    optimizer: new Adam(model, { lr: settings.lr }),
    schedule: cosineAnnealingLR({ tMax: batches.length * epochs }),
    clipNorm: 1,
    metrics: { surprise },
    validation: {
      batches: bucketBatches(held, { batchSize, shuffle: false, runtime }),
      every: Math.max(1, Math.floor(batches.length / VALIDATIONS_PER_EPOCH)),
      monitor: 'surprise',
    },
    bestWeights: 'restore',
  });
  const curve = [];
  for await (const progress of trainer.run(batches)) {
    const epoch = progress.step / batches.length;
    if (progress.validation) curve.push([epoch, progress.validation.metrics.surprise]);
    onStep?.({ ...progress, epoch, done: epoch / epochs });
  }
  return { model, vocabularies, settings, curve };
}

export function vocabulariesOf(pairs, { sourceCount, targetCount }) {
  const tokens = (side) => pairs.map((pair) => pair[side]);
  return {
    source: WordVocabulary.of(tokens('source'), { minCount: sourceCount }),
    target: WordVocabulary.of(tokens('target'), { minCount: targetCount }),
  };
}

/** An untrained translator. */
export function createTranslator({ source, target }, settings, runtime) {
  return new Translator({ ...settings, sourceWords: source.size, targetWords: target.size }, { runtime });
}

function rowsOf(pairs, vocabularies) {
  const rows = pairs.map((pair) => rowOf(pair, vocabularies));
  return { input: rows.map(({ input }) => input), target: rows.map(({ target }) => target) };
}

function loss(output, target, { runtime }) {
  return crossEntropy(output, classesOf(target), { ignoreIndex: UNKNOWN, runtime });
}

/** The cross-entropy of a French word, in nats; the loss of the trainer is that of a batch, this counts each word once. */
const surprise = {
  better: 'lower',
  tally(output, target, { runtime }) {
    const { loss: mean, divisor } = loss(output, target, { runtime });
    return [mean * divisor, divisor];
  },
  value: ([nats, words]) => nats / words,
};
