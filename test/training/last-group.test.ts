import { describe, expect, it } from 'vitest';
import {
  type Batch,
  Linear,
  mse,
  type Progress,
  type Runtime,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/* The batches that remain at the end of a run with `accumulate` make a step of their own. */

const batch = (n: number): Batch<Tensor> => ({ input: tensor(`x${n}`, 4, 3), target: tensor(`y${n}`, 4, 2) });
const BATCHES = [1, 2, 3, 4, 5].map(batch);
const join = (all: Batch<Tensor>[]): Batch<Tensor> => {
  const rows = (of: (one: Batch<Tensor>) => Tensor) => ({
    data: Float32Array.from(all.flatMap((one) => [...of(one).data])),
    shape: [all.length * 4, of(all[0]).shape[1]],
  });
  return { input: rows((one) => one.input as Tensor), target: rows((one) => one.target) };
};

function begin(runtime: Runtime, more: object = {}) {
  const model = new Linear(3, 2, { seed: 1, runtime });
  return new Trainer<Tensor>(model, {
    loss: mse,
    optimizer: new SGD(model, { lr: 0.1 }),
    accumulate: 3,
    ...more,
  });
}

async function all(trainer: Trainer<Tensor>, batches: Iterable<Batch<Tensor>>): Promise<Progress[]> {
  const seen: Progress[] = [];
  for await (const one of trainer.run(batches)) seen.push(one);
  return seen;
}

function* generated() {
  yield* BATCHES;
}

function suite({ name, create }: Variant) {
  describe(`the last group of accumulated batches [${name}]`, () => {
    it.each([
      ['an array', () => BATCHES],
      ['a generator', generated],
    ] as const)('is applied: %s', async (_, batches) => {
      const [several, one] = [begin(create()), begin(create(), { accumulate: 1 })];
      const seen = await all(several, batches());
      expect(seen.map(({ step, pending }) => [step, pending])).toEqual([
        [1, undefined],
        [2, undefined],
      ]);
      const expected = [BATCHES.slice(0, 3), BATCHES.slice(3)].map((part) => one.trainStep(join(part)));
      for (const [n, { loss, gradNorm }] of seen.entries()) {
        expect(loss).toBeCloseTo(expected[n].loss, 6);
        expect(gradNorm).toBeCloseTo(expected[n].gradNorm, 6);
      }
      const [a, b] = [several.model.stateDict(), one.model.stateDict()];
      for (const key of Object.keys(a))
        for (const [n, x] of a[key].data.entries()) expect(x).toBeCloseTo(b[key].data[n], 6);
      expect(several.step).toBe(2);
      expect(several.stateDict().accumulated).toBeUndefined();
    });

    it('before the validation of the epoch', async () => {
      const validation = { batches: [batch(9)] };
      const trainer = begin(create(), { validation });
      const seen = await all(trainer, BATCHES);
      expect(seen.at(-1)?.validation?.step).toBe(2);
      expect(seen.at(-1)?.validation?.loss).toBe((await trainer.evaluate([batch(9)])).loss);
    });

    it('with a validation every step, from a generator', async () => {
      const trainer = begin(create(), { validation: { batches: [batch(9)], every: 1 } });
      const seen = await all(trainer, generated());
      expect(seen.map(({ validation }) => validation?.step)).toEqual([1, 2]);
      expect(seen.at(-1)?.validation?.loss).toBe((await trainer.evaluate([batch(9)])).loss);
    });

    it('waits if the loop is left, or batches fail', async () => {
      const trainer = begin(create());
      for await (const { step } of trainer.run(BATCHES.slice(0, 4))) if (step === 1) break;
      trainer.trainStep(BATCHES[3]);
      expect(trainer.stateDict().accumulated?.batches).toBe(1);
      await expect(all(trainer, [null as never])).rejects.toThrow(TypeError);
      expect(trainer.stateDict().accumulated?.batches).toBe(1);
      expect((await all(trainer, [BATCHES[4]])).map(({ step }) => step)).toEqual([2]);
    });
  });
}

variants.forEach(suite);
