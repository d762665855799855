import {
  AdamW,
  accuracy,
  crossEntropy,
  Dropout,
  Embedding,
  Linear,
  LSTM,
  Sequential,
  Trainer,
} from 'lstm-wasm';
import { bucketBatches, WordVocabulary } from 'lstm-wasm/data';

/** The settings that choose.js found, without any test part. */
export const SETTINGS = {
  size: 32,
  hidden: 32,
  lr: 2e-3,
  weightDecay: 0.3,
  embeddingDropout: 0.3,
  inputDropout: 0.3,
  recurrentDropout: 0.2,
  outputDropout: 0.5,
  minCount: 1,
};

const BATCH = 32;
const PATIENCE = 3;
/** Smaller than N(0, 1): a rare word keeps its initial noise, and small data has many of them. */
const QUIETER = 0.1;

/**
 * Trains one network until the cross-entropy of its verdicts on `held` no longer falls, and gives it the weights with which that
 * was lowest. The vocabulary is that of `rest`, so that `held` has unknown words, as a test has.
 *
 * @param {{ rest: Sentence[], held: Sentence[] }} sentences
 * @param {{ settings?: object, epochs?: number, runtime: Runtime, onStep?: (progress) => void }} options
 */
export async function trainNetwork({ rest, held }, { settings = SETTINGS, epochs = 30, runtime, onStep }) {
  const vocabulary = WordVocabulary.of(
    rest.map(({ text }) => text),
    { lowerCase: true, minCount: settings.minCount },
  );
  const model = createModel(vocabulary.size, settings, runtime);
  const examples = (sentences) => ({
    input: sentences.map(({ text }) => encode(vocabulary, text)),
    target: sentences.map(({ text, label }) => encode(vocabulary, text).fill(label)),
  });
  const { lr, weightDecay } = settings;
  const trainer = new Trainer(model, {
    loss: crossEntropy,
    optimizer: new AdamW(model, { lr, weightDecay }),
    clipNorm: 1,
    metrics,
    validation: {
      batches: bucketBatches(examples(held), { batchSize: 64, shuffle: false, runtime }),
      monitor: 'surprise',
    },
    earlyStopping: { patience: PATIENCE },
    bestWeights: 'restore',
  });
  const curve = [];
  const batches = bucketBatches(examples(rest), { batchSize: BATCH, epochs, runtime });
  for await (const progress of trainer.run(batches)) {
    const { validation } = progress;
    if (validation) curve.push(validation.metrics);
    onStep?.({ ...progress, epoch: curve.length });
  }
  return { model, vocabulary, curve, best: bestOf(curve) };
}

/**
 * Embedding, an LSTM each way, and two classes at every word: each is asked for the label of the whole sentence, and their votes are
 * averaged. Seen from a word, one direction has read all that comes before it, the other all that comes behind.
 */
function createModel(words, settings, runtime) {
  const { size, hidden, embeddingDropout, inputDropout, recurrentDropout, outputDropout } = settings;
  const embedding = new Embedding(words, size, { runtime });
  const weight = embedding.parameters.get('weight');
  weight.write(weight.read().map((value) => QUIETER * value));
  const lstm = new LSTM(size, hidden, {
    bidirectional: true,
    forgetBias: 1,
    inputDropout,
    recurrentDropout,
    runtime,
  });
  return new Sequential(
    embedding,
    new Dropout(embeddingDropout, { runtime }),
    lstm,
    new Dropout(outputDropout, { runtime }),
    new Linear(2 * hidden, 2, { runtime }),
  );
}

/** A text without a word is one unknown word. */
function encode(vocabulary, text) {
  const ids = vocabulary.encode(text);
  return ids.length > 0 ? ids : Int32Array.of(vocabulary.unknown);
}

/** The epoch, from 1, whose weights the network has. */
function bestOf(curve) {
  const epoch = curve.reduce((best, { surprise }, n) => (surprise < curve[best].surprise ? n : best), 0);
  return { epoch: epoch + 1, ...curve[epoch] };
}

/** The network's log-odds that a text is positive. */
export function logOdds({ model, vocabulary }, text) {
  const ids = encode(vocabulary, text);
  const { output } = model.forward({ data: ids, shape: [1, ids.length] });
  return votes(output, () => ids.length)[0];
}

/** The mean, over the words of each row, of the log-odds that they stand for: [rows, words, 2] → [rows]. */
function votes({ data, shape: [rows, words] }, lengthOf) {
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let n = row * words; n < row * words + lengthOf(row); n++) sum += data[2 * n + 1] - data[2 * n];
    return sum / lengthOf(row);
  });
}

/** The votes of a batch as logits, and its labels. What is filled up has a negative class. */
function verdicts({ data, shape }, target) {
  const [rows, words] = shape;
  const labels = Array.from({ length: rows }, (_, row) =>
    target.data.subarray(row * words, (row + 1) * words).filter((label) => label >= 0),
  );
  const odds = votes({ data, shape }, (row) => labels[row].length);
  const logits = { data: Float32Array.from(odds.flatMap((one) => [0, one])), shape: [rows, 2] };
  return { logits, classes: Int32Array.from(labels, ([label]) => label) };
}

const right = accuracy();

/** Of sentences: by itself the trainer would measure words. */
const metrics = {
  accuracy: {
    better: 'higher',
    tally(output, target, { runtime }) {
      const { logits, classes } = verdicts(output, target);
      return right.tally(logits, classes, { runtime });
    },
    value: right.value,
  },
  /** The cross-entropy of the verdicts. */
  surprise: {
    better: 'lower',
    tally(output, target, { runtime }) {
      const { logits, classes } = verdicts(output, target);
      return [crossEntropy(logits, classes, { reduction: 'sum', runtime }).loss, classes.length];
    },
    value: ([nats, count]) => nats / count,
  },
};

/** The share of sentences that a judge, from text to log-odds, is right on. */
export function shareRight(judge, sentences) {
  return sentences.filter(({ text, label }) => judge(text) > 0 === (label === 1)).length / sentences.length;
}
