import { readWav } from 'lstm-wasm/data';
import { parseTarGzip } from 'nanotar';
import { MissingData, readData } from '../data.js';

const FILE = 'datasets/spoken-digits/fsdd_recordings.tar.gz';
const SOURCE =
  'the Free Spoken Digit Dataset from https://github.com/Jakobovski/free-spoken-digit-dataset (its folder recordings, packed with tar and gzip)';

/** Samples per second of the whole data set. */
export const SAMPLE_RATE = 8000;

/** The recordings of each digit and speaker that belong to a part; the rest is for training. The test part is the one of the data set's authors. */
const TEST = 5;
const VALIDATION = 10;

/**
 * The recordings of the Free Spoken Digit Dataset.
 *
 * @returns {Promise<{ digit: number, speaker: string, number: number, samples: Float32Array }[]>}
 * @throws MissingData
 */
export async function readRecordings() {
  const files = await parseTarGzip(await readData(FILE, SOURCE));
  const recordings = [];
  for (const { name, data } of files) {
    const parts = /(?:^|\/)(\d)_(\w+)_(\d+)\.wav$/.exec(name);
    if (!parts) continue;
    const { sampleRate, mono: samples } = await readWav(data);
    if (sampleRate !== SAMPLE_RATE)
      throw new MissingData(`${name} expected ${SAMPLE_RATE} samples a second, got ${sampleRate}`);
    recordings.push({ digit: Number(parts[1]), speaker: parts[2], number: Number(parts[3]), samples });
  }
  return recordings;
}

/** Each recording in one part alone: the numbers 0 to 4 to test, 5 to 9 to validate, the others for training. */
export function split(recordings) {
  return {
    test: recordings.filter(({ number }) => number < TEST),
    validation: recordings.filter(({ number }) => number >= TEST && number < VALIDATION),
    train: recordings.filter(({ number }) => number >= VALIDATION),
  };
}
