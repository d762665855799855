import { accuracy, crossEntropy, softmax } from 'lstm-wasm';
import { bucketBatches } from 'lstm-wasm/data';
import { augment } from './augment.js';
import { Features, stacked } from './features.js';
import { createNetwork, train } from './network.js';
import { generator } from './random.js';
import { Recognizer } from './recognizer.js';

const DIGITS = 10;
const BATCH = 32;
const COURSE = { lr: 4e-3, patience: 6 };

/** A target that does not count. */
const IGNORED = -100;

/**
 * Learns to classify the digit of a recording. The loss counts every step of its second half; the answer is that of the last
 * step.
 *
 * @param {{ train: Recording[], validation: Recording[] }} parts
 * @param {{ epochs: number, runtime: Runtime, onEpoch?: (progress) => void }} options
 */
export async function trainDigits(parts, { epochs, runtime, onEpoch }) {
  const features = await Features.fit(parts.train);
  const spoken = (part) => part.map(({ samples, digit }) => ({ frames: features.frames(samples), digit }));
  const model = createNetwork(features.width, DIGITS, runtime);
  const held = examplesOf(spoken(parts.validation));
  const curve = await train(model, {
    ...{ ...COURSE, epochs, onEpoch, metrics },
    loss: crossEntropy,
    perEpoch: Math.ceil(parts.train.length / BATCH),
    validation: {
      batches: bucketBatches(held, { batchSize: 100, shuffle: false, runtime }),
      monitor: 'surprise',
    },
    batches: changing(spoken(parts.train), { epochs, runtime }),
  });
  return { recognizer: new Recognizer('digits', model, features), curve };
}

/** Every epoch has new augmentations. */
function* changing(spoken, { epochs, runtime }) {
  const random = generator(runtime.seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const changed = spoken.map(({ frames, digit }) => ({ frames: augment(frames, random), digit }));
    yield* bucketBatches(examplesOf(changed), { batchSize: BATCH, seed: epoch, runtime });
  }
}

function examplesOf(spoken) {
  const input = spoken.map(({ frames }) => stacked(frames));
  const target = input.map(({ shape: [steps] }, n) =>
    new Int32Array(steps).fill(spoken[n].digit).fill(IGNORED, 0, Math.floor(steps / 2)),
  );
  return { input, target };
}

/** The output at the last step of each row: [rows, steps, digits] → [rows, digits]. */
function answers({ data, shape: [rows, steps, digits] }, target) {
  const logits = new Float32Array(rows * digits);
  const classes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const last = target.data.subarray(row * steps, (row + 1) * steps).findLastIndex((id) => id !== IGNORED);
    const at = row * steps + last;
    logits.set(data.subarray(at * digits, (at + 1) * digits), row * digits);
    classes[row] = target.data[at];
  }
  return { logits: { data: logits, shape: [rows, digits] }, classes };
}

const right = accuracy();

/** Accuracy of answers; the trainer's own would count steps. */
const metrics = {
  accuracy: {
    better: 'higher',
    tally(output, target, { runtime }) {
      const { logits, classes } = answers(output, target);
      return right.tally(logits, classes, { runtime });
    },
    value: right.value,
  },
  surprise: {
    better: 'lower',
    tally(output, target, { runtime }) {
      const { logits, classes } = answers(output, target);
      return [crossEntropy(logits, classes, { reduction: 'sum', runtime }).loss, classes.length];
    },
    value: ([nats, count]) => nats / count,
  },
};

/** The likeliest digit of logits, and how likely it is. */
export function beliefOf(logits) {
  const { data } = softmax({ data: logits, shape: [logits.length] });
  const digit = data.indexOf(Math.max(...data));
  return { digit, probability: data[digit] };
}

/** The digit of a whole recording. */
export function recognize(recognizer, samples) {
  return answer(recognizer.forward(samples));
}

/** That of the last step of logits [steps, digits]. */
export function answer({ data, shape: [steps, digits] }) {
  return beliefOf(data.subarray((steps - 1) * digits)).digit;
}
