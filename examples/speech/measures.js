import { createRuntime } from 'lstm-wasm';
import { mean } from '../report.js';
import { recognize, trainDigits } from './digits.js';
import { split } from './recordings.js';
import { cutAtSilences } from './segments.js';
import { makeStrings } from './strings.js';
import { nearestMean, nearestWarped } from './templates.js';
import { errorsOf, transcribe, validationStrings } from './transcriber.js';

/** The strings of the test, unlike those of any epoch. */
const TEST_SEED = 1_000_000;

/** The accuracy of a classifier, a function from samples to a digit. */
export function shareRight(judge, recordings) {
  return mean(recordings.map(({ samples, digit }) => (judge(samples) === digit ? 1 : 0)));
}

/** Digits on the test part. @returns {Record<string, number>} accuracies */
export function measureDigits(recognizer, { train, test }) {
  const { features } = recognizer;
  return {
    LSTM: shareRight((samples) => recognize(recognizer, samples), test),
    'nearest recording, time warped': shareRight(nearestWarped(train, features), test),
    'nearest mean of a digit': shareRight(nearestMean(train, features), test),
  };
}

/** Leaves each speaker in turn out of training, validation and scaling, and tests on all of that speaker's recordings. */
export async function* measureSpeakers(recordings, { epochs, seed, onEpoch }) {
  for (const speaker of new Set(recordings.map((one) => one.speaker))) {
    const others = split(recordings.filter((one) => one.speaker !== speaker));
    const own = recordings.filter((one) => one.speaker === speaker);
    const { recognizer } = await trainDigits(others, {
      ...{ epochs, runtime: createRuntime({ seed }) },
      onEpoch: (progress) => onEpoch?.(speaker, progress),
    });
    const lstm = shareRight((samples) => recognize(recognizer, samples), own);
    const templates = shareRight(nearestWarped(others.train, recognizer.features), own);
    recognizer.model.dispose();
    yield { speaker, lstm, templates };
  }
}

/** Strings made of the test part. @returns what `errorsOf` gives of each way, and the strings */
export function measureStrings(transcriber, digits, parts) {
  const strings = makeStrings(parts.test, parts.test.length, TEST_SEED);
  const cut = cutAtSilences(digits, validationStrings(parts));
  return {
    strings,
    errors: {
      'LSTM with CTC': errorsOf(({ samples }) => transcribe(transcriber, samples), strings),
      'cut at silences, each piece by the LSTM for digits': errorsOf(({ samples }) => cut(samples), strings),
    },
  };
}
