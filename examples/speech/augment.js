import { between, wholeBetween } from './random.js';

/** How much recordings are changed while a model learns; in parts of themselves, standard deviations of a band, frames and bands. */
const CHANGES = {
  pace: 0.2,
  throat: 0.08,
  gain: 0.5,
  tilt: 0.3,
  noise: 0.15,
  lead: 8,
  stripe: 4,
  gap: 6,
};

/** What a band has in silence, about, once it is scaled. */
const SILENCE = -1.5;

/**
 * A recording as somebody else might have said it elsewhere: slower or faster, with a longer or shorter throat (Jaitly & Hinton 2013), louder,
 * through another microphone, with noise, begun later, and with a stripe of bands and one of frames left out (Park et al. 2019).
 *
 * @param {{ data: Float32Array, shape: [number, number] }} frames scaled ones [frames, bands]
 * @returns the same, of another length
 */
export function augment(frames, random, changes = CHANGES) {
  const { lead, pace, throat } = changes;
  const changed = warped(frames, {
    lead: wholeBetween(random, 0, lead),
    pace: 1 + between(random, -pace, pace),
    throat: 1 + between(random, -throat, throat),
  });
  colour(changed, random, changes);
  leaveOut(changed, random, changes);
  return changed;
}

/** Both axes stretched, with values between two frames and two bands. */
function warped({ data, shape: [frames, bands] }, { lead, pace, throat }) {
  const length = Math.max(1, Math.round(frames * pace));
  const out = new Float32Array((lead + length) * bands).fill(SILENCE, 0, lead * bands);
  for (let t = 0; t < length; t++) {
    const [early, late, time] = neighbours(t / pace, frames);
    for (let b = 0; b < bands; b++) {
      const [low, high, pitch] = neighbours(b * throat, bands);
      const along = (frame) => data[frame * bands + low] * (1 - pitch) + data[frame * bands + high] * pitch;
      out[(lead + t) * bands + b] = along(early) * (1 - time) + along(late) * time;
    }
  }
  return { data: out, shape: [lead + length, bands] };
}

/** The whole numbers around a place below `count`, and how far it is from the first. */
function neighbours(place, count) {
  const before = Math.min(count - 1, Math.floor(place));
  return [before, Math.min(count - 1, before + 1), Math.min(1, place - before)];
}

/** Louder or softer, darker or brighter, noisier. */
function colour({ data, shape: [frames, bands] }, random, changes) {
  const gain = between(random, -changes.gain, changes.gain);
  const tilt = between(random, -changes.tilt, changes.tilt);
  const noise = between(random, 0, changes.noise);
  const levels = Float64Array.from({ length: bands }, (_, b) => gain + tilt * ((2 * b) / (bands - 1) - 1));
  for (let n = 0; n < frames * bands; n++) data[n] += levels[n % bands] + noise * between(random, -1.7, 1.7);
}

/** 0 is the mean of a band. */
function leaveOut({ data, shape: [frames, bands] }, random, changes) {
  const wide = wholeBetween(random, 0, Math.min(bands, changes.stripe));
  const long = wholeBetween(random, 0, Math.min(frames, changes.gap));
  const band = wholeBetween(random, 0, bands - wide);
  const frame = wholeBetween(random, 0, frames - long);
  for (let t = 0; t < frames; t++) data.fill(0, t * bands + band, t * bands + band + wide);
  data.fill(0, frame * bands, (frame + long) * bands);
}
