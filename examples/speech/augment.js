import { between, wholeBetween } from './random.js';

/** How much recordings are changed while a model learns: in frames, bands, and standard deviations of a band. */
export const CHANGES = {
  stretch: 0.2,
  warp: 0.08,
  gain: 0.5,
  tilt: 0.3,
  noise: 0.15,
  lead: 8,
  bands: 4,
  frames: 6,
};

/**
 * A recording as somebody else might have said it elsewhere: slower or faster, with a longer or shorter throat (Jaitly & Hinton 2013), louder,
 * through another microphone, with noise, begun later, and with a stripe of bands and one of frames left out (Park et al. 2019).
 *
 * @param {{ data: Float32Array, shape: [number, number] }} frames scaled ones
 */
export function augment({ data, shape: [frames, bands] }, random, changes = CHANGES) {
  const pace = 1 + between(random, -changes.stretch, changes.stretch);
  const throat = 1 + between(random, -changes.warp, changes.warp);
  const lead = wholeBetween(random, 0, changes.lead);
  const length = Math.max(1, Math.round(frames * pace));
  const gain = between(random, -changes.gain, changes.gain);
  const tilt = between(random, -changes.tilt, changes.tilt);
  const noise = between(random, 0, changes.noise);
  const out = new Float32Array((lead + length) * bands);
  const at = (t, b) => data[Math.min(frames - 1, t) * bands + Math.min(bands - 1, b)];
  for (let t = 0; t < lead + length; t++) {
    const from = Math.max(0, t - lead) / pace;
    for (let b = 0; b < bands; b++) {
      const band = b * throat;
      const [t0, b0] = [Math.floor(from), Math.floor(band)];
      const [dt, db] = [from - t0, band - b0];
      const early = at(t0, b0) * (1 - db) + at(t0, b0 + 1) * db;
      const late = at(t0 + 1, b0) * (1 - db) + at(t0 + 1, b0 + 1) * db;
      const value = t < lead ? -1.5 : early * (1 - dt) + late * dt;
      out[t * bands + b] =
        value + gain + tilt * ((2 * b) / (bands - 1) - 1) + noise * between(random, -1.7, 1.7);
    }
  }
  mask(out, [lead + length, bands], random, changes);
  return { data: out, shape: [lead + length, bands] };
}

/** 0 is the mean of a band. */
function mask(data, [frames, bands], random, changes) {
  const wide = wholeBetween(random, 0, changes.bands);
  const long = Math.min(frames, wholeBetween(random, 0, changes.frames));
  const band = wholeBetween(random, 0, bands - wide);
  const frame = wholeBetween(random, 0, frames - long);
  for (let t = 0; t < frames; t++) data.fill(0, t * bands + band, t * bands + band + wide);
  data.fill(0, frame * bands, (frame + long) * bands);
}
