import { describe, expect, it } from 'vitest';
import {
  accuracy,
  type Batch,
  binaryCrossEntropy,
  bitsPerCharacter,
  characterErrorRate,
  crossEntropy,
  f1,
  Linear,
  type Loss,
  LSTM,
  type MetricOptions,
  mae,
  measure,
  mse,
  perplexity,
  rmse,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/* What a mask, a weight of 0 or a length excludes is not read: it may be anything, and the results have the same bits. */

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const column = (...values: number[]): Tensor => ({
  data: Float32Array.from(values),
  shape: [values.length, 1],
});
const row = (...values: number[]): Tensor => ({ data: Float32Array.from(values), shape: [values.length] });
const STRANGE = [nan, inf, -inf, -1, 3e38];

function elementLosses({ create }: Variant) {
  const runtime = create();

  it('squared error of masked targets that are NaN', () => {
    const target = column(0, 0, nan, nan);
    const { loss, grad, divisor } = mse(column(1, 2, 3, 4), target, { mask: [1, 1, 0, 0], runtime });
    expect([loss, ...grad.data, divisor]).toEqual([2.5, 1, 2, 0, 0, 2]);
  });

  it.each(STRANGE)('squared error: %s as target or output, under a mask or a weight of 0', (strange) => {
    for (const excluded of [{ mask: [1, 0] }, { weight: Float32Array.of(1, 0) }, { weight: row(1, 0) }]) {
      for (const reduction of ['mean', 'sum'] as const) {
        const options = { ...excluded, reduction, runtime };
        const expected = [4, 4, 0];
        for (const [output, target] of [
          [row(3, 2), row(1, strange)],
          [row(3, strange), row(1, 2)],
          [row(3, strange), row(1, strange)],
        ] as const) {
          const { loss, grad } = mse(output, target, options);
          expect([loss, ...grad.data]).toEqual(expected);
        }
      }
    }
  });

  it('a masked weight is not read either', () => {
    for (const weight of [nan, inf, -1]) {
      const options = { mask: [1, 0], weight: Float32Array.of(2, weight), runtime };
      expect(mse(row(3, 1), row(1, 1), options).loss).toBe(4);
      expect(() => mse(row(3, 1), row(1, 1), { ...options, mask: [1, 1] })).toThrow(/^weight\[1\] expected/);
    }
  });

  it.each(STRANGE)('binary cross-entropy: %s as target or output', (strange) => {
    const whole = binaryCrossEntropy(row(0.5), row(1), { runtime });
    for (const mask of [[1, 0], [true, false] as never, Uint8Array.of(1, 0)]) {
      for (const [output, target] of [
        [row(0.5, 2), row(1, strange)],
        [row(0.5, strange), row(1, 0)],
      ] as const) {
        const { loss, grad } = binaryCrossEntropy(output, target, { mask, runtime });
        expect(loss).toBe(whole.loss);
        expect([...grad.data]).toEqual([whole.grad.data[0], 0]);
      }
    }
    const weighted = { weight: Float32Array.of(1, 0), reduction: 'sum', runtime } as const;
    expect(binaryCrossEntropy(row(0.5, strange), row(1, strange), weighted).loss).toBe(whole.loss);
    if (strange <= 1 || strange > 1 || Number.isNaN(strange))
      expect(() => binaryCrossEntropy(row(0.5, 2), row(1, strange), { runtime })).toThrow(
        /^target\[1\] expected/,
      );
  });

  it('nothing counts: loss and gradient 0', () => {
    for (const loss of [mse, binaryCrossEntropy]) {
      for (const options of [{ mask: [0, 0] }, { mask: [0, 0], reduction: 'sum' }] as const) {
        const { loss: value, grad } = loss(row(nan, inf), row(nan, -1), { ...options, runtime });
        expect([value, ...grad.data]).toEqual([0, 0, 0]);
      }
    }
  });

  it('no rows at all: loss 0', () => {
    const none = { data: new Float32Array(0), shape: [0, 3] };
    for (const loss of [mse, binaryCrossEntropy]) {
      const { loss: value, grad } = loss(none, none, { runtime });
      expect([value, grad]).toEqual([0, none]);
    }
    const { loss, grad } = crossEntropy(none, new Int32Array(0), { runtime });
    expect([loss, grad]).toEqual([0, none]);
  });
}

function classLosses({ create }: Variant) {
  const runtime = create();
  const logits = (last: number[]) => ({ data: Float32Array.of(1, 2, 0.5, ...last), shape: [2, 3] });
  const one = crossEntropy(
    row(1, 2, 0.5) && { data: Float32Array.of(1, 2, 0.5), shape: [1, 3] },
    Int32Array.of(1),
    {
      runtime,
    },
  );

  it.each(STRANGE)('%s in a row of logits that does not count', (strange) => {
    for (const [target, options] of [
      [[1, -100], {}],
      [[1, 7], { ignoreIndex: 7 }],
      [[1, 99], { mask: [1, 0] }],
      [[1, -5], { mask: [1, 0], labelSmoothing: 0 }],
      [[1, 2], { weight: Float32Array.of(1, 1, 0) }],
    ] as const) {
      const given = logits([strange, 1, strange]);
      const { loss, grad } = crossEntropy(given, Int32Array.from(target), { ...options, runtime });
      expect(loss).toBe(one.loss);
      expect([...grad.data]).toEqual([...one.grad.data, 0, 0, 0]);
    }
  });

  it('a logit of -Infinity whose class has weight 0, with smoothing', () => {
    const weight = Float32Array.of(1, 1, 0);
    const output = { data: Float32Array.of(1, 2, -inf), shape: [1, 3] };
    const { loss, grad } = crossEntropy(output, Int32Array.of(1), { weight, labelSmoothing: 0.3, runtime });
    expect(Number.isFinite(loss)).toBe(true);
    expect([...grad.data].every(Number.isFinite)).toBe(true);
    const none = { weight: new Float32Array(3), labelSmoothing: 0.3, reduction: 'sum', runtime } as const;
    const empty = crossEntropy({ ...output, data: output.data.fill(nan) }, Int32Array.of(1), none);
    expect([empty.loss, ...empty.grad.data]).toEqual([0, 0, 0, 0]);
  });

  it('a logit that counts still makes the loss NaN', () => {
    expect(crossEntropy(logits([nan, 0, 0]), Int32Array.of(1, 1), { runtime }).loss).toBeNaN();
    expect(mse(row(1, nan), row(1, 1), { mask: [1, 1], runtime }).loss).toBeNaN();
  });
}

function metrics({ create }: Variant) {
  const options: MetricOptions = { mask: [1, 0, 1], runtime: create() };
  const scores = { data: Float32Array.of(2, 1, nan, inf, 0, 3), shape: [3, 2] };

  it('of classes', () => {
    const ids = Int32Array.of(0, -7, 0);
    const kept = { data: Float32Array.of(2, 1, 0, 3), shape: [2, 2] };
    for (const metric of [accuracy(), f1(), perplexity(), bitsPerCharacter()])
      expect(measure(metric, scores, ids, options)).toBe(measure(metric, kept, Int32Array.of(0, 0)));
    expect(measure(accuracy({ ignoreIndex: -7 }), scores, ids)).toBe(0.5);
  });

  it('of values', () => {
    const [output, target] = [row(2, nan, -1), row(1, -inf, 0)];
    const [own, wanted] = [row(2, -1), row(1, 0)];
    for (const metric of [accuracy(), f1({ average: 'micro' }), rmse(), mae()])
      expect(measure(metric, output, target, options)).toBe(measure(metric, own, wanted));
  });

  it('of sequences: a mask of steps, and one of a target of another length', () => {
    const steps = { data: Float32Array.of(0, 9, nan, nan, 9, 0), shape: [1, 3, 2] };
    const ids = { data: Int32Array.of(1, 0, 5, -3), shape: [1, 4] };
    expect(measure(characterErrorRate(), steps, { data: Int32Array.of(1, 0), shape: [1, 2] }, options)).toBe(
      0,
    );
    // Of the target: the steps of the output all count.
    const three = measure(characterErrorRate(), steps, ids, { ...options, mask: [1, 1, 0, 0] });
    expect(three).toBe(0.5);
    expect(() => measure(characterErrorRate(), steps, ids, { ...options, mask: [1, 0] })).toThrow(
      /^mask expected/,
    );
  });
}

const [B, T] = [3, 4];
const LENGTHS = [4, 2, 0];
const LOSSES = { mse, binaryCrossEntropy, crossEntropy };

/** A batch whose padding holds `padding`, in inputs and targets. */
function padded(name: keyof typeof LOSSES, padding: number, more: object): Batch<never> {
  const behind = (n: number, width: number) =>
    Math.floor(n / width) % T >= LENGTHS[Math.floor(n / width / T)];
  const fill = ({ data, shape }: Tensor) => ({
    data: data.map((x, n) => (behind(n, shape[2]) ? padding : (x + 1) / 2)),
    shape,
  });
  const classes = Int32Array.from({ length: B * T }, (_, n) =>
    behind(n, 1) ? Math.trunc(padding || 99) : n % 2,
  );
  const target = name === 'crossEntropy' ? { data: classes, shape: [B, T] } : fill(tensor('target', B, T, 2));
  return { input: fill(tensor('input', B, T, 3)), target, ...more } as Batch<never>;
}

function trained(
  { create }: Variant,
  name: keyof typeof LOSSES,
  batch: Batch<never>,
  own: boolean,
  behind: boolean,
) {
  const runtime = create();
  const lstm = new LSTM(3, 5, { runtime, seed: 1 });
  const model = behind
    ? new Sequential(new Linear(3, 3, { runtime, seed: 3 }), lstm, new Linear(5, 2, { runtime, seed: 2 }))
    : new Sequential(lstm, new Linear(5, 2, { runtime, seed: 2 }));
  const loss = (
    own
      ? (...args: never[]) =>
          (LOSSES[name] as never as Loss<never>)(...(args as never as [never, never, never]))
      : LOSSES[name]
  ) as Loss<never>;
  const optimizer = new SGD(model, { lr: 0.1, momentum: 0.9 });
  const trainer = new Trainer<never>(model, { loss, optimizer });
  const results = [1, 2, 3].map(() => trainer.trainStep(batch).loss);
  return { losses: { data: Float32Array.from(results), shape: [3] }, ...model.stateDict() };
}

function training(variant: Variant) {
  const mask = {
    data: Uint8Array.from({ length: B * T }, (_, n) => Number(n % T < LENGTHS[Math.floor(n / T)])),
    shape: [B, T],
  };
  describe.each(Object.keys(LOSSES) as (keyof typeof LOSSES)[])('%s', (name) => {
    describe.each([
      ['in the core', false],
      ['through tensors', true],
    ] as const)('%s', (_, own) => {
      it.each([
        ['lengths', { lengths: LENGTHS }],
        ['a mask', { mask }],
        [
          'lengths and a mask of values',
          { lengths: LENGTHS, ...(name !== 'crossEntropy' && { mask: Array(B * T * 2).fill(1) }) },
        ],
      ])('%s', (_name, more) => {
        for (const behind of [false, true]) {
          const plain = trained(variant, name, padded(name, 0, more), own, behind);
          for (const strange of [nan, -inf, -1])
            expectAllBits(
              `${strange}`,
              trained(variant, name, padded(name, strange, more), own, behind),
              plain,
            );
        }
      });
    });
  });
}

function suite(variant: Variant) {
  describe(`what does not count is not read [${variant.name}]`, () => {
    describe('losses of values', () => elementLosses(variant));
    describe('losses of classes', () => classLosses(variant));
    describe('metrics', () => metrics(variant));
    describe('training', () => training(variant));
  });
}

variants.forEach(suite);
