import { describe, expect, it } from 'vitest';
import { type LogMelOptions, logMel } from '../../src/data/index.js';
import { closedForm } from '../vectors/closed-form.js';

/** The definition, by sums: Hann window, discrete Fourier transform, triangles on HTK's scale. */
function byDefinition(
  samples: Float32Array,
  length: number,
  hop: number,
  size: number,
  { mels = 40, low = 0, high = 4000 },
) {
  const melOf = (f: number) => 2595 * Math.log10(1 + f / 700);
  const corner = (n: number) =>
    700 * (10 ** ((melOf(low) + (n * (melOf(high) - melOf(low))) / (mels + 1)) / 2595) - 1);
  const rows: number[] = [];
  for (let from = 0; from + length <= samples.length; from += hop) {
    const power = Array.from({ length: size / 2 + 1 }, (_, k) => {
      let [re, im] = [0, 0];
      for (let n = 0; n < length; n++) {
        const x = samples[from + n] * Math.sin((Math.PI * n) / length) ** 2;
        re += x * Math.cos((2 * Math.PI * k * n) / size);
        im += x * Math.sin((2 * Math.PI * k * n) / size);
      }
      return re * re + im * im;
    });
    for (let m = 0; m < mels; m++) {
      const [a, b, c] = [corner(m), corner(m + 1), corner(m + 2)];
      const triangle = (f: number) => Math.max(0, Math.min((f - a) / (b - a), (c - f) / (c - b)));
      const energy = power.reduce((sum, p, k) => sum + p * triangle((k * 8000) / size), 0);
      rows.push(Math.log(Math.max(energy, 1e-10)));
    }
  }
  return rows;
}

describe('logMel', () => {
  it.each([
    [{}, 200, 80, 256, 997],
    [{ mels: 13, low: 100, high: 3800 }, 200, 80, 256, 200],
    [{ mels: 5, frame: 0.004, hop: 0.001 }, 32, 8, 32, 71],
    [{ mels: 3, frame: 0.0041, hop: 0.00088, low: 300 }, 33, 7, 64, 34],
  ])('%j is what its definition says', async (options, length, hop, size, count) => {
    const samples = Float32Array.from(closedForm('sound', count));
    const mel = await logMel({ sampleRate: 8000, ...options });
    const { data, shape } = mel.frames(samples);
    expect([mel.frameLength, mel.hopLength]).toEqual([length, hop]);
    expect(shape).toEqual([1 + Math.floor((count - length) / hop), mel.mels]);
    const expected = byDefinition(samples, length, hop, size, options);
    expect(data.length).toBe(expected.length);
    data.forEach((x, n) => expect(Math.abs(x - expected[n])).toBeLessThan(1e-5));
  });

  it('gives the same frames piece by piece', async () => {
    const mel = await logMel({ sampleRate: 8000, mels: 12 });
    const other = await logMel({ sampleRate: 8000, mels: 12, frame: 0.03 });
    const samples = Float32Array.from(closedForm('sound', 2000));
    const { data, shape } = mel.frames(samples);
    for (let n = 0; n < shape[0]; n++) {
      other.frames(samples);
      const from = n * mel.hopLength;
      const one = mel.frames(samples.slice(from, from + mel.frameLength));
      expect(one).toEqual({ data: data.slice(n * 12, (n + 1) * 12), shape: [1, 12] });
    }
  });

  it('takes the floor for silence', async () => {
    const mel = await logMel({ sampleRate: 8000, floor: 1e-3 });
    expect(new Set(mel.frames(new Float32Array(400)).data)).toEqual(new Set([Math.fround(Math.log(1e-3))]));
  });
});

describe('samples', () => {
  it('of a subclass whose length lies, and of memory that is gone', async () => {
    class Liar extends Float32Array {
      override get length() {
        return 1e9;
      }
    }
    const mel = await logMel({ sampleRate: 8000 });
    expect(mel.frames(new Liar(280)).shape).toEqual([2, 40]);
    const gone = new Float32Array(400);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(() => mel.frames(gone)).toThrow(/^samples expected a Float32Array, got .*transferred/);
  });
});

const with8000 = (options: object) => () => logMel({ sampleRate: 8000, ...options } as LogMelOptions);
const frames = (samples: unknown) => async () =>
  (await logMel({ sampleRate: 8000 })).frames(samples as never);

const refused: [what: string, act: () => unknown, error: typeof TypeError, message: RegExp][] = [
  ['no options', () => logMel(undefined as never), TypeError, /^logMel: .*got undefined/],
  [
    'an unknown option',
    with8000({ mel: 40 }),
    TypeError,
    /^logMel: unknown option "mel"; did you mean "mels"\?$/,
  ],
  ['no sample rate', () => logMel({} as never), TypeError, /^sampleRate expected a number, got undefined$/],
  [
    'a sample rate of 0',
    with8000({ sampleRate: 0 }),
    RangeError,
    /^sampleRate expected a number above 0, got 0$/,
  ],
  [
    'a frame of one sample',
    with8000({ frame: 1e-4 }),
    RangeError,
    /^frame expected 2 to 2\^20 samples, got 0\.0001 s \* 8000 Hz = 1$/,
  ],
  ['an endless frame', with8000({ frame: 1e6 }), RangeError, /^frame expected 2 to 2\^20 samples/],
  ['a hop of no sample', with8000({ hop: 1e-5 }), RangeError, /^hop expected 1 to 2\^20 samples/],
  ['no bands', with8000({ mels: 0 }), RangeError, /^mels expected .*1/],
  ['a negative frequency', with8000({ low: -1 }), RangeError, /^low expected a number from 0 up, got -1$/],
  [
    'more than half of the rate',
    with8000({ high: 4001 }),
    RangeError,
    /^high expected a number above low = 0, up to sampleRate \/ 2 = 4000, got 4001$/,
  ],
  ['a floor of 0', with8000({ floor: 0 }), RangeError, /^floor expected a number above 0, got 0$/],
  [
    'more bands than any spectrum has, before anything is allocated',
    with8000({ mels: 2 ** 30 }),
    RangeError,
    /^mels expected at most 256 bands.*got 1073741824$/,
  ],
  [
    'more frames than an array holds',
    async () => (await logMel({ sampleRate: 8000, hop: 1 / 8000 })).frames(new Float32Array(2 ** 25)),
    RangeError,
    /^samples expected .*2\^30 values.*, got frames \* mels = 33554233 \* 40 = /,
  ],
  ['too many bands', with8000({ mels: 128 }), RangeError, /^mels expected .*got 128: band \d+/],
  ['no samples', frames([0, 1]), TypeError, /^samples expected a Float32Array, got \[0, 1\]$/],
  [
    'fewer samples than a frame',
    frames(new Float32Array(199)),
    RangeError,
    /^samples expected at least frameLength = 200, got 199$/,
  ],
  [
    'an infinite sample',
    frames(new Float32Array(200).fill(Number.POSITIVE_INFINITY)),
    RangeError,
    /^samples\[0\] expected a finite number, got Infinity$/,
  ],
];

describe('what audio refuses', () => {
  it.each(refused)('%s', async (_, act, error, message) => {
    const thrown = await Promise.resolve(act()).then(
      () => expect.fail('nothing was thrown'),
      (reason: Error) => reason,
    );
    expect(thrown.constructor, String(thrown)).toBe(error);
    expect(thrown.message).toMatch(message);
  });
});
