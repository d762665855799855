import { between, generator, wholeBetween } from './random.js';
import { SAMPLE_RATE } from './recordings.js';

/** How many digits a string has. */
const LENGTHS = [3, 7];
/** In seconds. Below 0 digits touch: one gap in four. */
const GAP = [-0.1, 0.3];
const ENDS = [0.05, 0.3];
/** The noise over all of it, as a part of the loudest sample: 34 to 60 dB below. */
const NOISE = [0.001, 0.02];

/**
 * Strings of digits that one speaker says, each digit a recording of its own, with gaps and noise between them: the same strings for one seed.
 *
 * @param {{ digit, speaker, samples }[]} recordings of one part, so that no string has what another part has
 * @returns {{ digits: number[], speaker: string, samples: Float32Array }[]}
 */
export function makeStrings(recordings, count, seed, lengths = LENGTHS) {
  const random = generator(seed);
  const speakers = [...new Set(recordings.map(({ speaker }) => speaker))];
  const said = speakers.map((speaker) => recordings.filter((one) => one.speaker === speaker));
  return Array.from({ length: count }, (_, n) => makeString(said[n % said.length], random, lengths));
}

function makeString(recordings, random, lengths) {
  const length = wholeBetween(random, ...lengths);
  const chosen = Array.from({ length }, () => recordings[wholeBetween(random, 0, recordings.length - 1)]);
  const silences = chosen.map((_, n) => Math.max(0, between(random, ...(n === 0 ? ENDS : GAP))));
  const end = between(random, ...ENDS);
  const inSamples = (seconds) => Math.round(seconds * SAMPLE_RATE);
  const total = chosen.reduce((sum, { samples }, n) => sum + samples.length + inSamples(silences[n]), 0);
  const samples = new Float32Array(total + inSamples(end));
  let at = 0;
  for (const [n, one] of chosen.entries()) {
    at += inSamples(silences[n]);
    samples.set(one.samples, at);
    at += one.samples.length;
  }
  const loudest = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const noise = loudest * between(random, ...NOISE);
  for (let n = 0; n < samples.length; n++) samples[n] += between(random, -noise, noise);
  return { digits: chosen.map(({ digit }) => digit), speaker: chosen[0].speaker, samples };
}
