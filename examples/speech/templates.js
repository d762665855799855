import { STACK } from './features.js';

/*
 * The baselines for digits: templates, as in recognizers before neural networks. They see the same scaled frames as the LSTM, the mean of three at a
 * time.
 */

/** The digit whose mean frame over all recordings is nearest to that of this one. @returns {(samples) => number} */
export function nearestMean(recordings, features) {
  const means = Array.from({ length: 10 }, (_, digit) => {
    const its = recordings.filter((one) => one.digit === digit);
    return meanOf(its.map(({ samples }) => meanOf(template(features, samples))));
  });
  return (samples) => {
    const own = meanOf(template(features, samples));
    return indexOfLeast(means.map((mean) => distanceOf(mean, own)));
  };
}

/**
 * The digit of the recording that is nearest when time may be warped (Sakoe & Chiba 1978): the least sum of distances between frames along
 * a path through both, by the length of both.
 *
 * @returns {(samples) => number}
 */
export function nearestWarped(recordings, features) {
  const templates = recordings.map(({ samples, digit }) => ({ frames: template(features, samples), digit }));
  return (samples) => {
    const own = template(features, samples);
    let [nearest, least] = [undefined, Infinity];
    for (const { frames, digit } of templates) {
      const far = warpedDistance(own, frames, least);
      if (far < least) [nearest, least] = [digit, far];
    }
    return nearest;
  };
}

/** A recording as vectors of bands, one for each step of the LSTM. */
function template(features, samples) {
  const { data, shape } = features.frames(samples);
  const [frames, bands] = shape;
  return Array.from({ length: Math.floor(frames / STACK) }, (_, step) => {
    const mean = new Float64Array(bands);
    for (let n = 0; n < STACK * bands; n++) mean[n % bands] += data[step * STACK * bands + n] / STACK;
    return mean;
  });
}

/** Stops with Infinity once it cannot be below `most`. */
export function warpedDistance(a, b, most = Infinity) {
  const length = a.length + b.length;
  let row = new Float64Array(b.length + 1).fill(Infinity);
  row[0] = 0;
  for (const frame of a) {
    const next = new Float64Array(b.length + 1).fill(Infinity);
    let least = Infinity;
    for (let n = 0; n < b.length; n++) {
      const before = Math.min(row[n], row[n + 1], next[n]);
      if (before > most * length) continue;
      next[n + 1] = before + distanceOf(frame, b[n]);
      least = Math.min(least, next[n + 1]);
    }
    if (least > most * length) return Infinity;
    row = next;
  }
  return row[b.length] / length;
}

function distanceOf(a, b) {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += (a[n] - b[n]) ** 2;
  return Math.sqrt(sum);
}

function meanOf(vectors) {
  return vectors[0].map((_, n) => vectors.reduce((sum, vector) => sum + vector[n], 0) / vectors.length);
}

function indexOfLeast(values) {
  return values.indexOf(Math.min(...values));
}
