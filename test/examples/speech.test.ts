import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { createRuntime } from 'lstm-wasm';
import { readWav } from 'lstm-wasm/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { augment } from '../../examples/speech/augment.js';
// @ts-expect-error: plain JavaScript, without declarations
import { Features } from '../../examples/speech/features.js';
// @ts-expect-error: plain JavaScript, without declarations
import { createNetwork } from '../../examples/speech/network.js';
// @ts-expect-error: plain JavaScript, without declarations
import { readOptions, readSound } from '../../examples/speech/options.js';
// @ts-expect-error: plain JavaScript, without declarations
import { grayscale } from '../../examples/speech/picture.js';
// @ts-expect-error: plain JavaScript, without declarations
import { generator, wholeBetween } from '../../examples/speech/random.js';
// @ts-expect-error: plain JavaScript, without declarations
import { Recognizer } from '../../examples/speech/recognizer.js';
// @ts-expect-error: plain JavaScript, without declarations
import { split } from '../../examples/speech/recordings.js';
// @ts-expect-error: plain JavaScript, without declarations
import { piecesOf } from '../../examples/speech/segments.js';
// @ts-expect-error: plain JavaScript, without declarations
import { makeStrings } from '../../examples/speech/strings.js';
// @ts-expect-error: plain JavaScript, without declarations
import { warpedDistance } from '../../examples/speech/templates.js';
// @ts-expect-error: plain JavaScript, without declarations
import { wavOf } from '../../examples/speech/wav.js';
import { complaints, ended, isBuilt, NOT_BUILT, start } from '../helpers/programs.js';
import { type Recording, spokenTones, writeRecordings } from '../helpers/synthetic-speech.js';

/* The short form of examples/speech: its parts, and its commands on tones that lie where the recordings would. */

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-speech-'));
const data = join(folder, 'data');
const tones = spokenTones(['ann', 'bob'], 16);

beforeAll(() => writeRecordings(data, spokenTones(['ann'], 18)));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the recordings', () => {
  it('lie in one part each', () => {
    const parts = split(tones);
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([120, 100, 100]);
    expect(new Set([...parts.train, ...parts.validation, ...parts.test]).size).toBe(320);
  });

  it('come back from a WAV file', async () => {
    const { samples } = tones[0] as Recording;
    const { mono, sampleRate } = await readWav(wavOf(samples));
    expect(sampleRate).toBe(8000);
    for (const [n, x] of samples.entries()) expect(Math.abs((mono[n] as number) - x)).toBeLessThan(1e-4);
  });

  it('are put together to strings by the seed alone, each of one speaker', () => {
    const strings: (Recording & { digits: number[] })[] = makeStrings(tones, 20, 7);
    const bytes = (made: typeof strings) =>
      Buffer.concat(made.map(({ samples }) => Buffer.from(samples.buffer)));
    expect(bytes(makeStrings(tones, 20, 7)).equals(bytes(strings))).toBe(true);
    expect(bytes(makeStrings(tones, 20, 8)).equals(bytes(strings))).toBe(false);
    for (const { digits, samples } of strings) {
      expect(digits.length).toBeGreaterThanOrEqual(3);
      expect(digits.length).toBeLessThanOrEqual(7);
      expect(samples.length).toBeGreaterThan(digits.length * 0.2 * 8000);
      expect(samples.every(Number.isFinite)).toBe(true);
    }
    expect(strings.map(({ speaker }) => speaker).slice(0, 4)).toEqual(['ann', 'bob', 'ann', 'bob']);
  });
});

describe('frames', () => {
  it('stay as they are where nothing is to change, but for what begins before them', () => {
    const frames = { data: Float32Array.from({ length: 30 }, (_, n) => n), shape: [10, 3] };
    const nothing = { pace: 0, throat: 0, gain: 0, tilt: 0, noise: 0, lead: 0, stripe: 0, gap: 0 };
    expect(augment(frames, generator(1), nothing)).toEqual(frames);
    const slower = augment(frames, generator(1), { ...nothing, pace: 0.2, lead: 8 });
    expect(slower.data.length).toBe(slower.shape[0] * 3);
    expect(augment(frames, generator(2))).toEqual(augment(frames, generator(2)));
  });

  it('are cut where it is silent', () => {
    const levels = Float64Array.from({ length: 60 }, (_, t) =>
      (t >= 10 && t < 24) || (t >= 26 && t < 40) || t === 50 ? 1 : -1,
    );
    expect(piecesOf(levels, { share: 0.5, pause: 6 })).toEqual([[10, 40]]);
    expect(piecesOf(levels, { share: 0.5, pause: 2 })).toEqual([
      [10, 24],
      [26, 40],
    ]);
  });
});

it('the distance of two recordings is the least over all ways to warp time', () => {
  const a = [1, 2, 2, 5, 9].map((x) => Float64Array.of(x, 0));
  const b = [1, 5, 5, 8].map((x) => Float64Array.of(x, 0));
  const least = (n: number, m: number): number => {
    if (n < 0 || m < 0) return n === -1 && m === -1 ? 0 : Number.POSITIVE_INFINITY;
    const far = Math.abs((a[n]?.[0] as number) - (b[m]?.[0] as number));
    return far + Math.min(least(n - 1, m), least(n, m - 1), least(n - 1, m - 1));
  };
  expect(warpedDistance(a, b)).toBeCloseTo(least(4, 3) / 9, 12);
  expect(warpedDistance(a, a)).toBe(0);
  expect(warpedDistance(a, b, 1e-3)).toBe(Number.POSITIVE_INFINITY);
});

it('gives in chunks of any length what the whole recording gives, bit for bit', async () => {
  const features = await Features.fit(tones);
  const model = createNetwork(features.width, 10, createRuntime({ seed: 3 }));
  const recognizer = new Recognizer('digits', model, features);
  const [{ samples }] = makeStrings(tones, 1, 5) as [Recording];
  const { data: whole } = recognizer.forward(samples);
  const random = generator(4);
  for (const most of [1, 37, 400, 5000]) {
    const listener = recognizer.listen();
    const logitsSoFar: number[] = [];
    for (let at = 0; at < samples.length; ) {
      const end = at + wholeBetween(random, 1, most);
      for (const logits of listener.push(samples.subarray(at, end))) logitsSoFar.push(...logits);
      at = end;
    }
    expect(new Uint32Array(Float32Array.from(logitsSoFar).buffer)).toEqual(new Uint32Array(whole.buffer));
  }
});

it('a picture holds each value as a grey, the lowest band at its bottom', () => {
  const url: string = grayscale({ data: Float32Array.of(0, 1, 2, 4, 4, 4), shape: [3, 2] });
  const png = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  const from = png.indexOf('IDAT') + 4;
  const lines = inflateSync(png.subarray(from, from + png.readUInt32BE(from - 8)));
  expect([...lines]).toEqual([0, 191, 0, 0, 0, 255, 128, 0]);
});

it('flags are refused in one sentence', async () => {
  const refused = [
    [readOptions, ['words'], 'expected digits, speakers, strings or nothing, got "words"; see --help'],
    [readOptions, ['--epochs', 'many'], '--epochs expected a whole number from 1 to 1000, got "many"'],
    [readOptions, ['--colour', 'red'], "Unknown option '--colour'; see --help"],
    [readSound, [], 'expected one WAV file, got 0; see --help'],
  ] as const;
  for (const [read, args, sentence] of refused) expect(() => read(args)).toThrow(sentence);
  await expect(Recognizer.load(join(folder, 'none'), 'digits')).rejects.toThrow(
    /^there is no model .*none: train one first, node examples\/speech\/main\.js$/,
  );
});

describe.runIf(isBuilt)(`the commands${isBuilt ? '' : `: ${NOT_BUILT}`}`, () => {
  const run = (script: string, args: readonly string[], env = { LSTM_WASM_DATA: data }) =>
    ended(start(`speech/${script}`, args, { cwd: folder, env }));

  it('train, compare, draw, save and listen', async () => {
    const args = ['digits', 'strings', '--epochs', '8', '--string-epochs', '4', '--out', 'out.svg'];
    const trained = await run('main.js', args);
    expect(complaints(trained)).toEqual([]);
    expect(trained.code).toBe(0);
    expect(trained.stdout).toContain('80 recordings for training, 50 for validation, 50 for testing.');
    expect(trained.stdout).toMatch(/\| LSTM +\| +(9\d|100)\.\d % \|/);
    expect(trained.stdout).toMatch(/\| LSTM with CTC +\| +\d+\.\d % \| +\d+\.\d % \|/);
    expect(readFileSync(join(folder, 'out.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);

    const digit = await run('predict.js', ['speech-model/digit.wav']);
    expect(digit.stdout).toMatch(/^ 0\.10 s {2}\d +\d+\.\d % {2}█*\n(.* s .*\n)*It is \d\.\n$/);
    const string = await run('predict.js', ['--strings', 'speech-model/string.wav']);
    expect(string.stdout).toMatch(/^( +\d\.\d\d s {2}\d( \d)*\n)*(It is( \d)+|There is no digit in it)\.\n$/);
    const fast = wavOf((tones[0] as Recording).samples);
    fast.writeUInt32LE(44100, 24);
    writeFileSync(join(folder, 'fast.wav'), fast);
    const refused = await run('predict.js', ['fast.wav']);
    expect(complaints(refused)).toEqual(['predict: fast.wav expected 8000 samples a second, got 44100']);
  }, 60_000);

  it('say in one sentence what is missing', async () => {
    const nowhere = await run('main.js', [], { LSTM_WASM_DATA: join(folder, 'nowhere') });
    expect(nowhere.code).toBe(2);
    expect(complaints(nowhere)).toEqual([
      expect.stringMatching(
        /^speech: .*tar\.gz is missing: download the Free Spoken Digit Dataset from https:/,
      ),
    ]);
  }, 30_000);
});
