import { answer } from './digits.js';
import { stacked } from './features.js';
import { errorsOf } from './transcriber.js';

/** What is tried: how loud a frame of a digit is, from the softest to the loudest of its string, and in frames, which pauses are none. */
const SHARES = [0.2, 0.3, 0.4, 0.5];
const PAUSES = [3, 6, 10, 15];

/** A shorter piece, in frames, is no digit. */
const SHORTEST = 8;

/**
 * The baseline for strings: cut where it is silent, and recognize each piece by itself. Where the cuts are made is chosen by `strings`, which
 * must not be those of the test.
 *
 * @returns {(samples: Float32Array) => number[]}
 */
export function cutAtSilences(recognizer, strings) {
  const framed = strings.map((string) => ({ ...string, frames: recognizer.features.frames(string.samples) }));
  const rules = SHARES.flatMap((share) => PAUSES.map((pause) => ({ share, pause })));
  const rates = rules.map(
    (rule) => errorsOf(({ frames }) => writePieces(recognizer, frames, rule), framed).digits,
  );
  const best = rules[rates.indexOf(Math.min(...rates))];
  return (samples) => writePieces(recognizer, recognizer.features.frames(samples), best);
}

function writePieces(recognizer, frames, rule) {
  const [, bands] = frames.shape;
  return piecesOf(loudness(frames), rule).map(([from, to]) => {
    const piece = { data: frames.data.slice(from * bands, to * bands), shape: [to - from, bands] };
    return answer(recognizer.read(stacked(piece)));
  });
}

/** The mean over the bands of each frame. */
function loudness({ data, shape: [frames, bands] }) {
  return Float64Array.from({ length: frames }, (_, t) => {
    return data.subarray(t * bands, (t + 1) * bands).reduce((sum, x) => sum + x, 0) / bands;
  });
}

/** @returns {[from: number, to: number][]} */
export function piecesOf(levels, { share, pause }) {
  const sorted = levels.toSorted();
  // Not the extremes themselves, which may be a click or a gap of digital silence.
  const [soft, loud] = [0.05, 0.95].map((part) => sorted[Math.floor(part * (sorted.length - 1))]);
  const pieces = [];
  for (const [t, level] of levels.entries()) {
    if (level < soft + share * (loud - soft)) continue;
    const last = pieces.at(-1);
    if (last && t - last[1] < pause) last[1] = t + 1;
    else pieces.push([t, t + 1]);
  }
  return pieces.filter(([from, to]) => to - from >= SHORTEST);
}
