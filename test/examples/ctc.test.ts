import { Adam, characterErrorRate, createRuntime, Linear, LSTM, Sequential, Trainer } from 'lstm-wasm';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { ctcLoss, logAdd, logSoftmax, PADDING } from '../../examples/speech/ctc.js';
// @ts-expect-error: plain JavaScript, without declarations
import { Features } from '../../examples/speech/features.js';
// @ts-expect-error: plain JavaScript, without declarations
import { makeStrings } from '../../examples/speech/strings.js';
// @ts-expect-error: plain JavaScript, without declarations
import { batchesOf, Transcript } from '../../examples/speech/transcriber.js';
import { type Recording, spokenTones } from '../helpers/synthetic-speech.js';

/** The loss by its definition: every way to lay classes along the steps, and the sum of those that write the target. */
function naiveLoss(logits: ArrayLike<number>, ids: readonly number[], classes: number): number {
  const log: Float64Array = logSoftmax(logits, classes);
  const steps = log.length / classes;
  let total = Number.NEGATIVE_INFINITY;
  for (let way = 0; way < classes ** steps; way++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(way / classes ** t) % classes);
    const written = path.filter((id, t) => id !== 0 && id !== path[t - 1]);
    if (written.join() !== ids.join()) continue;
    total = logAdd(
      total,
      path.reduce((sum, id, t) => sum + (log[t * classes + id] as number), 0),
    );
  }
  return -total / Math.max(1, ids.length);
}

function waves(length: number, from: number): Float32Array {
  return Float32Array.from({ length }, (_, n) => 3 * Math.sin(7.3 * n + from));
}

function lossOf(logits: Float32Array, ids: readonly number[], classes: number) {
  const shape = [1, logits.length / classes, classes];
  return ctcLoss({ data: logits, shape }, { data: Int32Array.from(ids), shape: [1, ids.length] });
}

describe('the CTC loss', () => {
  const targets = [[], [1], [2], [1, 1], [1, 2], [2, 1, 2], [1, 1, 2], [2, 2, 2]];
  const cases = targets.flatMap((ids) => [3, 4, 5].map((steps) => ({ ids, steps })));
  const fitting = cases.filter(({ ids, steps }) => {
    return steps >= ids.length + ids.filter((id, n) => id === ids[n - 1]).length;
  });

  it.each(fitting)(
    'of $ids in $steps steps is the sum over all alignments, and so is its gradient',
    ({ ids, steps }) => {
      const logits = waves(steps * 3, steps + ids.length);
      const { loss, grad } = lossOf(logits, ids, 3);
      expect(loss).toBeCloseTo(naiveLoss(logits, ids, 3), 12);
      for (const n of logits.keys()) {
        const moved = (by: number) => {
          const other = Float64Array.from(logits);
          other[n] = (other[n] as number) + by;
          return naiveLoss(other, ids, 3);
        };
        expect(grad.data[n]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 6);
      }
    },
  );

  it('of a ragged batch is that of its rows, whatever lies behind their ends', () => {
    const rows = [
      { ids: [1, 2, 3], steps: 9 },
      { ids: [3], steps: 4 },
      { ids: [2, 2], steps: 6 },
    ];
    const logits = rows.map(({ steps }, n) => waves(steps * 4, n));
    const [data, mask, target] = [
      new Float32Array(3 * 9 * 4).fill(Number.NaN),
      new Uint8Array(3 * 9),
      new Int32Array(3 * 3),
    ];
    target.fill(PADDING);
    for (const [n, { ids, steps }] of rows.entries()) {
      data.set(logits[n] as Float32Array, n * 36);
      mask.fill(1, n * 9, n * 9 + steps);
      target.set(ids, n * 3);
    }
    const whole = ctcLoss({ data, shape: [3, 9, 4] }, { data: target, shape: [3, 3] }, { mask });
    const alone = rows.map(({ ids }, n) => lossOf(logits[n] as Float32Array, ids, 4));
    const nats = alone.reduce((sum, { loss, divisor }) => sum + loss * divisor, 0);
    expect(whole.loss).toBeCloseTo(nats / 6, 12);
    expect(whole.divisor).toBe(6);
    for (const [n, { steps }] of rows.entries()) {
      const { grad, divisor } = alone[n] as (typeof alone)[number];
      const own = whole.grad.data.subarray(n * 36, (n + 1) * 36);
      for (const [m, value] of grad.data.entries()) expect(own[m]).toBeCloseTo((value * divisor) / 6, 6);
      expect(own.subarray(steps * 4).every((value: number) => value === 0)).toBe(true);
    }
  });

  it('stays finite over a thousand steps and for logits that say no', () => {
    const logits = waves(1000 * 11, 0).map((x) => 30 * x);
    const { loss, grad } = lossOf(logits, [1, 1, 2, 10], 11);
    expect(Number.isFinite(loss)).toBe(true);
    expect(grad.data.every(Number.isFinite)).toBe(true);
  });

  it('refuses what cannot be written', () => {
    const logits = waves(3 * 3, 0);
    expect(() => lossOf(logits, [1, 1, 2], 3)).toThrow(
      /3 characters that need 4 steps in row 0, which has 3$/,
    );
    expect(() => lossOf(logits, [3], 3)).toThrow(/target expected .*1 to 2, got 3/);
    expect(() => lossOf(logits, [0], 3)).toThrow('got 0 in row 0');
  });
});

it('a transcript leaves blanks out and takes repetitions as one', () => {
  const transcript = new Transcript();
  const row = (id: number) => Float32Array.from({ length: 11 }, (_, n) => (n === id ? 1 : 0));
  const begun = [0, 4, 4, 0, 4, 1, 1, 0].map((id) => transcript.add(row(id)));
  expect(transcript.digits).toEqual([3, 3, 0]);
  expect(begun.map((digit) => digit ?? '')).toEqual(['', 3, '', '', 3, 0, '', '']);
});

it('strings of tones are learned without a word of where they lie', async () => {
  const tones = spokenTones(['ann'], 20).filter(({ digit }) => digit < 4);
  const features = await Features.fit(tones);
  const runtime = createRuntime({ seed: 1 });
  const model = new Sequential(
    new LSTM(features.width, 32, { forgetBias: 1, runtime }),
    new Linear(32, 5, { runtime }),
  );
  const stringsOf = (part: Recording[], count: number, seed: number) =>
    makeStrings(part, count, seed).map((string: Recording) => {
      return { ...string, steps: features.steps(string.samples) };
    });
  const strings = stringsOf(
    tones.filter(({ number }) => number >= 5),
    120,
    1,
  );
  const trainer = new Trainer(model, {
    ...{ loss: ctcLoss, clipNorm: 1, optimizer: new Adam(model, { lr: 0.01 }) },
    metrics: { errors: characterErrorRate({ blank: 0 }) },
  });
  for await (const _ of trainer.run(batchesOf(strings, { batchSize: 8, epochs: 9, runtime })));
  const unseen = stringsOf(
    tones.filter(({ number }) => number < 5),
    30,
    2,
  );
  const { metrics } = await trainer.evaluate(batchesOf(unseen, { batchSize: 30, runtime }));
  expect(metrics['errors']).toBeLessThan(0.15);
}, 30_000);
