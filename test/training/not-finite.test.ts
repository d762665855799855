import { describe, expect, it } from 'vitest';
import { saveModel } from '../../src/files/index.js';
import { crossEntropy, type Integers, type Loss, type Runtime } from '../../src/index.js';
import { begin, data, heldOut, languageModel, type Options } from '../helpers/language-training.js';
import { thrownBy } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/** A loss that is what `spoil` makes of it, where that is asked for. */
function spoilt(spoil: (loss: number, grad: Float32Array) => number) {
  const state = { on: false };
  const loss: Loss<Integers> = (...given) => {
    const result = crossEntropy(...given);
    return state.on ? { ...result, loss: spoil(result.loss, result.grad.data) } : result;
  };
  return { state, loss };
}

const SPOILS: Record<string, [spoil: (loss: number, grad: Float32Array) => number, what: RegExp]> = {
  'a loss of NaN': [() => Number.NaN, /^step 2: .*loss is NaN/],
  'a loss of Infinity': [() => Number.POSITIVE_INFINITY, /^step 2: .*loss is Infinity/],
  'a gradient of NaN': [
    (loss, grad) => {
      grad[3] = Number.NaN;
      return loss;
    },
    /^step 2: .*gradient of "0\.weight" is NaN/,
  ],
  'gradients that overflow': [
    (loss, grad) => {
      grad.fill(3e38);
      return loss;
    },
    /^step 2: .*gradient of "\d\.\w+" is (NaN|Infinity)/,
  ],
};

/** In whichever batch of a step: stopped or left out, everything is as it was, what waits for the step too. */
function checkNotFinite(
  create: Variant['create'],
  accumulate: number,
  position: number,
  kind: string,
  skip: boolean,
) {
  const [spoil, message] = SPOILS[kind];
  const { state, loss } = spoilt(spoil);
  const more: Options = { accumulate, loss, onNonFinite: skip ? 'skip' : 'stop' };
  const trainer = begin(languageModel(create()), more);
  const untroubled = begin(languageModel(create()), { accumulate });
  const all = [...data()];
  const before = accumulate + position;
  for (const batch of all.slice(0, before))
    expect(trainer.trainStep(batch)).toEqual(untroubled.trainStep(batch));
  const bytes = saveModel(trainer.model, { trainer });
  state.on = true;
  const broken = { ...all[before], reset: true };
  if (skip) {
    const { step, skipped, pending } = trainer.trainStep(broken);
    expect(skipped).toMatch(message);
    expect([step, pending]).toEqual([1, undefined]);
  } else expect(thrownBy(() => trainer.trainStep(broken)).message).toMatch(message);
  state.on = false;
  expect(trainer.step).toBe(1);
  expect(Buffer.compare(saveModel(trainer.model, { trainer }), bytes), 'nothing was changed').toBe(0);
  for (const batch of all.slice(before, before + 6))
    expect(trainer.trainStep(batch)).toEqual(untroubled.trainStep(batch));
  expect(
    Buffer.compare(
      saveModel(trainer.model, { trainer }),
      saveModel(untroubled.model, { trainer: untroubled }),
    ),
  ).toBe(0);
}

/** A run continues past skipped batches, reports them, and does not validate for them. */
async function checkSkippingRun(runtime: Runtime) {
  const { state, loss } = spoilt(() => Number.NaN);
  const trainer = begin(languageModel(runtime), {
    ...{ accumulate: 1, loss, onNonFinite: 'skip', earlyStopping: undefined },
    validation: { batches: heldOut(), every: 1 },
    schedule: undefined,
    metrics: {},
  } as Options);
  function* batches() {
    for (const [n, batch] of [...data()].slice(0, 5).entries()) {
      state.on = n === 1 || n === 2;
      yield batch;
    }
  }
  const measured: unknown[] = [];
  for await (const { step, skipped, validation } of trainer.run(batches())) {
    state.on = false;
    measured.push([step, skipped?.slice(0, 6), validation?.step]);
  }
  expect(measured).toEqual([
    [1, undefined, 1],
    [1, 'step 2', undefined],
    [1, 'step 2', undefined],
    [2, undefined, 2],
    [3, undefined, 3],
  ]);
}

function suite({ name, create }: Variant) {
  describe(`what is not finite [${name}]`, () => {
    describe.each(Object.keys(SPOILS))('%s', (kind) => {
      it.each([
        [1, 0],
        [3, 0],
        [3, 1],
        [3, 2],
      ])('stops, %s batches a step, after %s', (accumulate, position) =>
        checkNotFinite(create, accumulate, position, kind, false),
      );
      it.each([
        [1, 0],
        [3, 0],
        [3, 1],
        [3, 2],
      ])('is left out, %s batches a step, after %s', (accumulate, position) =>
        checkNotFinite(create, accumulate, position, kind, true),
      );
    });
    it('is reported by a run that continues', () => checkSkippingRun(create()));
  });
}

variants.forEach(suite);
