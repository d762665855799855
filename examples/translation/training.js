import { Adam, cosineAnnealingLR, crossEntropy, Trainer } from 'lstm-wasm';
import { bucketBatches, WordVocabulary } from 'lstm-wasm/data';
import { pairsOf } from './corpus.js';
import { classesOf, rowOf, UNKNOWN } from './rows.js';
import { Translator } from './translator.js';

export const SETTINGS = {
  size: 96,
  hidden: 128,
  readout: 96,
  dropout: 0.1,
  sourceCount: 3,
  targetCount: 8,
  lr: 3e-3,
  batchSize: 64,
  epochs: 3,
};

/**
 * @param {{ train: Sentence[], validation: Sentence[] }} parts
 */
export async function trainTranslator(parts, { settings = SETTINGS, runtime, onStep } = {}) {
  const pairs = pairsOf(parts.train);
  const vocabularies = {
    source: WordVocabulary.of(pairs.map(({ source }) => source), { minCount: settings.sourceCount }),
    target: WordVocabulary.of(pairs.map(({ target }) => target), { minCount: settings.targetCount }),
  };
  const sizes = { sourceWords: vocabularies.source.size, targetWords: vocabularies.target.size };
  const model = new Translator({ ...settings, ...sizes }, { runtime });
  const rows = (some) => {
    const encoded = some.map((pair) => rowOf(pair, vocabularies));
    return { input: encoded.map(({ input }) => input), target: encoded.map(({ target }) => target) };
  };
  const { batchSize, epochs, lr } = settings;
  const batches = bucketBatches(rows(pairs), { batchSize, epochs, runtime });
  const trainer = new Trainer(model, {
    loss: (output, target, { runtime }) =>
      crossEntropy(output, classesOf(target), { ignoreIndex: UNKNOWN, runtime }),
    optimizer: new Adam(model, { lr }),
    clipNorm: 1,
    schedule: cosineAnnealingLR({ tMax: batches.length * epochs }),
    metrics: { surprise },
    validation: {
      batches: bucketBatches(rows(pairsOf(parts.validation)), { batchSize, shuffle: false, runtime }),
      monitor: 'surprise',
    },
    bestWeights: 'restore',
  });
  const curve = [];
  for await (const progress of trainer.run(batches)) {
    if (progress.validation) curve.push(progress.validation.metrics.surprise);
    onStep?.({ ...progress, epoch: curve.length, steps: batches.length * epochs });
  }
  return { model, vocabularies, settings, curve };
}

/** The cross-entropy of a French word, in nats, without smoothing. */
const surprise = {
  better: 'lower',
  tally(output, target, { runtime }) {
    const classes = classesOf(target);
    const { loss } = crossEntropy(output, classes, { ignoreIndex: UNKNOWN, reduction: 'sum', runtime });
    return [loss, classes.filter((id) => id !== UNKNOWN).length];
  },
  value: ([nats, count]) => nats / count,
};
