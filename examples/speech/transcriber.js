import { characterErrorRate, editDistance } from 'lstm-wasm';
import { bucketBatches } from 'lstm-wasm/data';
import { augment } from './augment.js';
import { BLANK, ctcLoss, PADDING } from './ctc.js';
import { stacked } from './features.js';
import { createNetwork, train } from './network.js';
import { generator } from './random.js';
import { Recognizer } from './recognizer.js';
import { makeStrings } from './strings.js';

/** Blank, and the digits: digit d is class d + 1. */
const CLASSES = 11;
const BATCH = 12;
const COURSE = { lr: 2e-3, patience: 6 };

/** Weaker ones than for digits alone: strings vary of themselves. */
const WEAKER = { pace: 0.1, throat: 0.05, gain: 0.4, tilt: 0.2, noise: 0.1, lead: 0, stripe: 2, gap: 2 };

/** In logits: how much likelier blank is than a digit before anything is learned. */
const BLANK_FIRST = 3;

/** The number of strings made from a number of recordings: with as many digits. */
const stringsFor = (recordings) => Math.ceil(recordings.length / 5);

/**
 * Learns to transcribe strings of digits by CTC, without the positions of digits. The LSTM starts from the weights of `digits`: from
 * scratch, CTC predicts only blanks for long.
 *
 * @param {{ train: Recording[], validation: Recording[] }} parts strings are made of each part alone; training strings change every epoch
 */
export async function trainTranscriber(parts, digits, { epochs, runtime, onEpoch }) {
  const { features } = digits;
  const model = createNetwork(features.width, CLASSES, runtime);
  beginWith(model, digits.model);
  const held = validationStrings(parts).map((string) => ({
    ...string,
    steps: features.steps(string.samples),
  }));
  const curve = await train(model, {
    ...{ ...COURSE, epochs, onEpoch },
    loss: ctcLoss,
    metrics: { digitErrorRate: characterErrorRate({ blank: BLANK }) },
    perEpoch: Math.ceil(stringsFor(parts.train) / BATCH),
    validation: {
      batches: [...batchesOf(held, { batchSize: 50, shuffle: false, runtime })],
      monitor: 'loss',
    },
    batches: changing(parts.train, features, { epochs, runtime }),
  });
  return { recognizer: new Recognizer('strings', model, features), curve };
}

/** The same ones in every run. */
export function validationStrings({ validation }) {
  return makeStrings(validation, Math.ceil(validation.length / 2), 0);
}

function beginWith(model, digits) {
  const known = digits.stateDict();
  const [weight, bias] = [known['2.weight'], known['2.bias']];
  const blankThen = (values, first) => Float32Array.from([...first, ...values]);
  model.loadStateDict({
    ...known,
    '2.weight': {
      data: blankThen(weight.data, new Float32Array(weight.shape[1])),
      shape: [CLASSES, weight.shape[1]],
    },
    '2.bias': { data: blankThen(bias.data, [BLANK_FIRST]), shape: [CLASSES] },
  });
}

/** Every epoch has new strings. */
function* changing(recordings, features, { epochs, runtime }) {
  const random = generator(runtime.seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const strings = makeStrings(recordings, stringsFor(recordings), 1 + epoch);
    const changed = strings.map(({ digits, samples }) => {
      return { digits, steps: stacked(augment(features.frames(samples), random, WEAKER)) };
    });
    yield* batchesOf(changed, { batchSize: BATCH, pool: 5, seed: epoch, runtime });
  }
}

/** The buckets' mask counts characters, and the loss has to know of steps: it gets those from `lengths`. */
export function* batchesOf(strings, options) {
  const input = strings.map(({ steps }) => steps);
  const target = strings.map(({ digits }) => Int32Array.from(digits, (digit) => digit + 1));
  for (const { mask: _, ...batch } of bucketBatches(
    { input, target },
    { ...options, targetPadding: PADDING },
  ))
    yield batch;
}

/** Best path decoding: the likeliest class of each step, without blanks and repetitions. */
export class Transcript {
  digits = [];
  #before = BLANK;

  /** @param {Float32Array} logits of the next step. @returns {number | undefined} the digit that begins with it */
  add(logits) {
    const likeliest = logits.indexOf(Math.max(...logits));
    const isNew = likeliest !== this.#before && likeliest !== BLANK;
    this.#before = likeliest;
    if (!isNew) return undefined;
    this.digits.push(likeliest - 1);
    return likeliest - 1;
  }
}

/** The digits of a whole string. */
export function transcribe(recognizer, samples) {
  const transcript = new Transcript();
  const { data, shape } = recognizer.forward(samples);
  for (let at = 0; at < data.length; at += shape[1]) transcript.add(data.subarray(at, at + shape[1]));
  return transcript.digits;
}

/**
 * Insertions, deletions and substitutions by digits that were said, and how many strings are right in whole.
 *
 * @param {(string: object) => number[]} write
 */
export function errorsOf(write, strings) {
  const distances = strings.map((string) => editDistance(write(string), string.digits));
  const said = strings.reduce((sum, { digits }) => sum + digits.length, 0);
  return {
    digits: distances.reduce((sum, distance) => sum + distance, 0) / said,
    strings: distances.filter((distance) => distance === 0).length / strings.length,
  };
}
