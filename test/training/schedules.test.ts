import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { loadModel, saveModel } from '../../src/files/index.js';
import {
  type Batch,
  chainedScheduler,
  cosineAnnealingLR,
  Linear,
  linearLR,
  mse,
  type Runtime,
  reduceLROnPlateau,
  type Schedule,
  SGD,
  sequentialLR,
  stepLR,
  type Tensor,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { bad, expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const batch: Batch<Tensor> = { input: tensor('x', 2, 3), target: tensor('y', 2, 5) };

function begin(runtime: Runtime, schedule: Schedule, more: Partial<TrainerOptions<Tensor>> = {}) {
  const model = new Linear(3, 5, { runtime });
  const optimizer = new SGD(model, { lr: 0.1 });
  return new Trainer<Tensor>(model, { loss: mse, optimizer, schedule, ...more });
}

/** The rate of each step. */
function rates(trainer: Trainer<Tensor>, steps: number): number[] {
  return Array.from({ length: steps }, () => {
    trainer.trainStep(batch);
    return trainer.optimizer.lr;
  });
}

/** As their definitions say, in the arithmetic of this engine. */
const CLOSED: Record<string, [schedule: Schedule, rate: (step: number) => number]> = {
  stepLR: [stepLR({ stepSize: 7, gamma: 0.3 }), (t) => 0.1 * 0.3 ** Math.floor(t / 7)],
  'stepLR of every step': [stepLR({ stepSize: 1, gamma: 0.97 }), (t) => 0.1 * 0.97 ** t],
  'stepLR by its default': [stepLR({ stepSize: 20 }), (t) => 0.1 * 0.1 ** Math.floor(t / 20)],
  cosineAnnealingLR: [
    cosineAnnealingLR({ tMax: 40, etaMin: 0.01 }),
    (t) => (t >= 40 ? 0.01 : 0.01 + (0.09 * (1 + Math.cos((Math.PI * t) / 40))) / 2),
  ],
  'cosineAnnealingLR to 0': [
    cosineAnnealingLR({ tMax: 59 }),
    (t) => (t >= 59 ? 0 : (0.1 * (1 + Math.cos((Math.PI * t) / 59))) / 2),
  ],
  linearLR: [linearLR({ totalIters: 6 }), (t) => 0.1 * (1 / 3 + (2 / 3) * (Math.min(t, 6) / 6))],
  'linearLR from 0 to twice': [
    linearLR({ totalIters: 10, startFactor: 0, endFactor: 2 }),
    (t) => 0.2 * (Math.min(t, 10) / 10),
  ],
  'a function': [(t) => 1 / (1 + t), (t) => 0.1 / (1 + t)],
  sequentialLR: [
    sequentialLR([linearLR({ totalIters: 5 }), cosineAnnealingLR({ tMax: 20 }), (t) => t / 100], {
      milestones: [5, 25],
    }),
    (t) =>
      t < 5
        ? 0.1 * (1 / 3 + (2 / 3) * (t / 5))
        : t < 25
          ? (0.1 * (1 + Math.cos((Math.PI * (t - 5)) / 20))) / 2
          : (0.1 * (t - 25)) / 100,
  ],
  chainedScheduler: [
    chainedScheduler([linearLR({ totalIters: 8, startFactor: 0.5 }), stepLR({ stepSize: 3, gamma: 0.9 })]),
    (t) => 0.1 * (0.5 + (0.5 * Math.min(t, 8)) / 8) * 0.9 ** Math.floor(t / 3),
  ],
};

function checkClosed(runtime: Runtime, schedule: Schedule, rate: (step: number) => number) {
  const seen = rates(begin(runtime, schedule), 60);
  for (const [t, lr] of seen.entries()) expect(lr, `step ${t}`).toBeCloseTo(rate(t), 15);
  expect(new Set(seen).size).toBeGreaterThan(2);
}

/** What any engine has to give: every bit of a thousand cosines. */
function checkBits(runtime: Runtime) {
  const seen = Float64Array.from(rates(begin(runtime, cosineAnnealingLR({ tMax: 1000 })), 1000));
  const hash = createHash('sha256').update(new Uint8Array(seen.buffer)).digest('hex').slice(0, 16);
  expect(hash).toBe('0d82b5ef88d58b2a');
}

/** Each group has the rate that it began with times the same. */
function checkGroups(runtime: Runtime) {
  const model = new Linear(3, 5, { runtime });
  const [weight, bias] = [...model.parameters.values()];
  const optimizer = new SGD([{ params: [weight], lr: 0.5 }, { params: [bias] }], { lr: 0.1 });
  const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer, schedule: stepLR({ stepSize: 1 }) });
  trainer.trainStep(batch);
  trainer.trainStep(batch);
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.05, expect.closeTo(0.01, 17)]);
}

/** A rate is what the step is made with: 0 changes nothing, and a step that fails has none. */
function checkSteps(runtime: Runtime) {
  const trainer = begin(runtime, (step) => (step === 1 ? 0 : 1));
  const before = trainer.model.stateDict();
  trainer.trainStep(batch);
  const after = trainer.model.stateDict();
  expect(after).not.toEqual(before);
  trainer.trainStep(batch);
  expect(trainer.model.stateDict()).toEqual(after);
  const broken = { ...batch, target: tensor('y', 2, 5) };
  broken.target.data[3] = Number.NaN;
  expect(() => trainer.trainStep(broken)).toThrow(/^step 3: the loss is NaN/);
  expect(trainer.optimizer.lr).toBe(0);
}

/** A function of the user's that gives no rate: nothing is written, the rate neither. */
function checkOwn(runtime: Runtime, value: unknown, error: new () => Error) {
  const trainer = begin(runtime, () => value as number);
  const before = trainer.model.stateDict();
  expectRefusal(() => trainer.trainStep(batch), error, /^schedule\(0\) expected a number/);
  expect([trainer.step, trainer.optimizer.lr]).toEqual([0, 0.1]);
  expect(trainer.model.stateDict()).toEqual(before);
}

/** A model whose validations come to given values: training does not ask for them. */
function scripted(runtime: Runtime, better: 'lower' | 'higher', values: number[], options: object) {
  const model = new Linear(3, 5, { runtime });
  let [validating, n] = [false, 0];
  vi.spyOn(model, 'forward').mockImplementation((input, options) => {
    validating = !options?.training;
    return Linear.prototype.forward.call(model, input, options);
  });
  const scripted = {
    better,
    tally: () => [validating ? 1 : 0],
    value: ([asked]: readonly number[]) => (asked ? values[n++] : 0),
  };
  return new Trainer<Tensor>(model, {
    ...{ loss: mse, optimizer: new SGD(model, { lr: 0.1 }), metrics: { scripted } },
    validation: { batches: [batch], every: 1, monitor: 'scripted' },
    ...options,
  });
}

/** Step by step what PyTorch's does: with patience 1 two that are no better make the rate a tenth, and two after that do not count. */
async function checkPlateau(runtime: Runtime, better: 'lower' | 'higher') {
  // 3.9999 is within the threshold.
  const values = [5, 4, 4, 3.9999, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3].map((x) => (better === 'lower' ? x : -x));
  const schedule = reduceLROnPlateau({ patience: 1, cooldown: 2, factor: 0.1, minLr: 0.0005 });
  const trainer = scripted(runtime, better, values, { schedule });
  const seen: number[] = [];
  for await (const { step, validation } of trainer.run(Array(14).fill(batch))) {
    expect(validation).toEqual({ step, loss: expect.any(Number), metrics: { scripted: values[step - 1] } });
    seen.push(trainer.optimizer.lr);
  }
  const expected = [...Array(4).fill(0.1), ...Array(4).fill(0.01), ...Array(5).fill(0.001), 0.0005];
  for (const [n, lr] of seen.entries()) expect(lr, `step ${n + 1}`).toBeCloseTo(expected[n], 12);
}

/** From a file, in the middle of everything: the same rates as without a stop, the bases too. */
function checkResumed(create: Variant['create']) {
  const schedule = chainedScheduler([
    sequentialLR([linearLR({ totalIters: 4 }), cosineAnnealingLR({ tMax: 30 })], { milestones: [4] }),
    reduceLROnPlateau({ patience: 0 }),
  ]);
  const validation = { batches: [batch] };
  const [whole, stopped] = [create(), create()].map((runtime) => begin(runtime, schedule, { validation }));
  const expected = rates(whole, 25);
  const first = rates(stopped, 11);
  const { model, training } = loadModel(saveModel(stopped.model, { trainer: stopped }), {
    runtime: create(),
  });
  const optimizer = new SGD(model, { lr: 77 });
  const resumed = new Trainer<Tensor>(model, { loss: mse, optimizer, schedule, validation });
  if (!training) return expect.fail('no training');
  resumed.loadStateDict(training.trainer);
  expect([...first, ...rates(resumed, 14)]).toEqual(expected);
  const [a, b] = [whole, resumed].map((trainer) => saveModel(trainer.model, { trainer }));
  expect(Buffer.compare(a, b)).toBe(0);
}

function checkWithout(runtime: Runtime) {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const trainer = begin(runtime, stepLR({ stepSize: 1, gamma: 0.5 }));
  rates(trainer, 3);
  const plain = begin(runtime, undefined as never);
  plain.loadStateDict(trainer.stateDict());
  expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/had a schedule and continues without/)]);
  expect(rates(plain, 2)).toEqual([0.025, 0.025]);
  // The other way it begins with the rate that it finds.
  trainer.loadStateDict(plain.stateDict());
  expect(trainer.step).toBe(5);
  trainer.trainStep(batch);
  expect(trainer.optimizer.lr).toBe(0.025 / 32);
  warn.mockRestore();
}

function checkStates(runtime: Runtime) {
  const trainer = begin(runtime, stepLR({ stepSize: 1 }));
  const state = trainer.stateDict();
  const load = (schedule: unknown) => () => trainer.loadStateDict({ ...state, schedule: bad(schedule) });
  expectRefusal(load(3), TypeError, /^state\.schedule expected \{ rates, plateaus \}, got 3$/);
  expectRefusal(load({ rates: [1, 2], plateaus: [] }), RangeError, /expected 1 rates and 0 plateaus, got 2/);
  expectRefusal(load({ rates: [-1], plateaus: [] }), RangeError, /rates\[0\] expected a number from 0 up/);
  const plateau = begin(runtime, reduceLROnPlateau(), { validation: { batches: [batch] } });
  const own = plateau.stateDict();
  const put = (one: object) => () =>
    plateau.loadStateDict({
      ...own,
      schedule: bad({ rates: [1], plateaus: [{ ...own.schedule?.plateaus[0], ...one }] }),
    });
  expectRefusal(put({ best: 'x' }), RangeError, /plateaus\[0\]\.best expected a number or null/);
  expectRefusal(put({ bad: -1 }), RangeError, /plateaus\[0\]\.bad expected a whole number/);
  expect(plateau.stateDict()).toEqual(own);
}

const REFUSALS: [string, () => unknown, new () => Error, RegExp][] = [
  [
    'another option',
    () => stepLR(bad({ step_size: 3 })),
    TypeError,
    /unknown option "step_size"; did you mean "stepSize"/,
  ],
  ['no size', () => stepLR(bad({})), TypeError, /^stepSize expected a whole number, got undefined/],
  [
    'a gamma below 0',
    () => stepLR({ stepSize: 1, gamma: -1 }),
    RangeError,
    /^gamma expected a number from 0 up, got -1/,
  ],
  ['no tMax', () => cosineAnnealingLR({ tMax: 0 }), RangeError, /^tMax expected a whole number from 1/],
  [
    'a factor of 1',
    () => reduceLROnPlateau({ factor: 1 }),
    RangeError,
    /^factor expected a number in \(0, 1\), got 1/,
  ],
  [
    'no schedules',
    () => chainedScheduler([]),
    RangeError,
    /^chainedScheduler expected at least one schedule/,
  ],
  [
    'no array',
    () => chainedScheduler(bad(3)),
    TypeError,
    /^chainedScheduler expected an array of schedules, got 3/,
  ],
  ['no schedule', () => chainedScheduler([bad(3)]), TypeError, /^schedules\[0\] expected a schedule such as/],
  [
    'another type',
    () => chainedScheduler([bad({ type: 'stepLr' })]),
    TypeError,
    /unknown type "stepLr"; did you mean "stepLR"/,
  ],
  [
    'too few milestones',
    () => sequentialLR([stepLR({ stepSize: 1 })], { milestones: [1] }),
    RangeError,
    /^milestones expected schedules - 1 = 0/,
  ],
  [
    'milestones that fall',
    () => sequentialLR([(t) => t, (t) => t, (t) => t], { milestones: [5, 5] }),
    RangeError,
    /^milestones\[1\] expected a step above milestones\[0\] = 5, got 5/,
  ],
];

function suite({ name, create }: Variant) {
  describe(`schedules [${name}]`, () => {
    it.each(Object.entries(CLOSED))('%s', (_, [schedule, rate]) => checkClosed(create(), schedule, rate));
    it('a cosine has the same bits everywhere', () => checkBits(create()));
    it('of groups', () => checkGroups(create()));
    it('rates belong to their steps', () => checkSteps(create()));
    it.each([
      [Number.NaN, RangeError],
      [-1, RangeError],
      ['1', TypeError],
    ])('a function that gives %s', (value, error) => checkOwn(create(), value, error as never));
    it.each(['lower', 'higher'] as const)('a plateau where %s is better', (better) =>
      checkPlateau(create(), better),
    );
    it('go on from a file', () => checkResumed(create));
    it('that are new or gone', () => checkWithout(create()));
    it('refuse the states of others', () => checkStates(create()));
    it('a plateau needs validations', () =>
      expectRefusal(
        () => begin(create(), chainedScheduler([reduceLROnPlateau()])),
        TypeError,
        /^reduceLROnPlateau expected validation/,
      ));
  });
}

variants.forEach(suite);

describe('a schedule of', () => {
  it.each(REFUSALS)('%s', (_, act, error, message) => expectRefusal(act, error, message));
});
