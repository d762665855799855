import { between, generator, wholeBetween } from './random.js';
import { SAMPLE_RATE } from './recordings.js';

/** The fewest and the most digits of a string. */
const LENGTHS = [3, 7];
/** Between digits, in seconds: where it comes out below 0, one time in four, they touch. */
const GAP = [-0.1, 0.3];
/** Before and after them. */
const ENDS = [0.05, 0.3];
/** Noise over all of it, in parts of the loudest sample: 34 to 60 dB below. */
const NOISE = [0.001, 0.02];

/**
 * Strings of digits that one speaker says, each digit from its own recording, with gaps and noise: the same strings for one seed.
 *
 * @param {{ digit, speaker, samples }[]} recordings of one part, so that no string has what another part has
 * @returns {{ digits: number[], speaker: string, samples: Float32Array }[]} speakers take turns
 */
export function makeStrings(recordings, count, seed) {
  const random = generator(seed);
  const speakers = [...new Set(recordings.map(({ speaker }) => speaker))];
  const said = speakers.map((speaker) => recordings.filter((one) => one.speaker === speaker));
  return Array.from({ length: count }, (_, n) => makeString(said[n % said.length], random));
}

function makeString(recordings, random) {
  const length = wholeBetween(random, ...LENGTHS);
  const chosen = Array.from({ length }, () => recordings[wholeBetween(random, 0, recordings.length - 1)]);
  const pauses = chosen.map((_, n) => pause(random, n === 0 ? ENDS : GAP));
  const said = chosen.reduce((sum, { samples }, n) => sum + pauses[n] + samples.length, 0);
  const samples = new Float32Array(said + pause(random, ENDS));
  let at = 0;
  for (const [n, one] of chosen.entries()) {
    samples.set(one.samples, at + pauses[n]);
    at += pauses[n] + one.samples.length;
  }
  addNoise(samples, random);
  return { digits: chosen.map(({ digit }) => digit), speaker: chosen[0].speaker, samples };
}

/** In samples. */
function pause(random, [least, most]) {
  return Math.round(SAMPLE_RATE * Math.max(0, between(random, least, most)));
}

function addNoise(samples, random) {
  const loudest = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const noise = loudest * between(random, ...NOISE);
  for (let n = 0; n < samples.length; n++) samples[n] += between(random, -noise, noise);
}
