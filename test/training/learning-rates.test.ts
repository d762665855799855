import { describe, expect, it } from 'vitest';
import {
  Adam,
  AdamW,
  Linear,
  mse,
  type Optimizer,
  type Parameter,
  RMSprop,
  type Runtime,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, tensor } from '../helpers/bits.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

type Options = { lr?: number };
type Target = Linear | { params: Parameter[]; lr?: number }[];
type Make = (target: Target, options?: Options) => Optimizer<{ lr: number }>;

const OPTIMIZERS: Record<string, Make> = {
  SGD: (target, options) => new SGD(target, options),
  'SGD with momentum': (target, options) => new SGD(target, { momentum: 0.9, weightDecay: 0.1, ...options }),
  RMSprop: (target, options) => new RMSprop(target, { momentum: 0.5, centered: true, ...options }),
  Adam: (target, options) => new Adam(target, { weightDecay: 0.1, ...options }),
  AdamW: (target, options) => new AdamW(target, options),
};

const INVALID = [Number.NaN, -0.1, Number.POSITIVE_INFINITY, '0.1', undefined, null];

function withGradients(runtime: Runtime): Linear {
  const model = new Linear(3, 5, { runtime });
  for (const [name, parameter] of model.parameters)
    parameter.writeGrad(tensor(name, ...parameter.shape).data);
  return model;
}

function grouped(model: Linear, rates: [number?, number?]) {
  return [...model.parameters.values()].map((parameter, n) => {
    const lr = rates[n];
    return { params: [parameter], ...(lr !== undefined && { lr }) };
  });
}

const changed = (model: Linear, before: Record<string, Tensor>) =>
  Object.entries(model.stateDict())
    .filter(([name, { data }]) => data.some((value, n) => value !== before[name].data[n]))
    .map(([name]) => name);

function checkZero(runtime: Runtime, make: Make) {
  const model = withGradients(runtime);
  const before = model.stateDict();
  const later = make(model);
  later.lr = 0;
  const group = make(model);
  group.groups[0].lr = 0;
  const all = [make(model, { lr: 0 }), make(grouped(model, [0, 0])), later, group];
  for (const optimizer of all) {
    expect(optimizer.lr).toBe(0);
    for (let step = 0; step < 3; step++) optimizer.step();
    expectAllBits('weights', model.stateDict(), before);
  }
  make(grouped(model, [0, 0.1])).step();
  expect(changed(model, before)).toEqual(['bias']);
}

function checkTrainerAtZero(runtime: Runtime, make: Make) {
  const model = new Linear(3, 5, { runtime });
  const before = model.stateDict();
  const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: make(model, { lr: 0 }) });
  const batch = { input: tensor('x', 2, 3), target: tensor('y', 2, 5) };
  for (let step = 1; step <= 3; step++) expect(trainer.trainStep(batch).step).toBe(step);
  expectAllBits('weights', model.stateDict(), before);
  trainer.optimizer.lr = 0.1;
  trainer.trainStep(batch);
  expect(changed(model, before)).toEqual(['weight', 'bias']);
}

function checkGroups(runtime: Runtime, make: Make) {
  const model = withGradients(runtime);
  const before = model.stateDict();
  const optimizer = make(grouped(model, [0.25, 0.5]));
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.25, 0.5]);
  const set = () => {
    optimizer.lr = 0.1;
  };
  expectRefusal(set, Error, /`groups`/);
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.25, 0.5]);
  optimizer.groups[1].lr = 0;
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.25, 0]);
  optimizer.step();
  expect(changed(model, before), 'the rate that was set is the one that counts').toEqual(['weight']);
  optimizer.groups[0].lr = 0;
  expect(optimizer.lr).toBe(0);
  set();
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.1, 0.1]);
}

/** Refused when it is set or at the next step: nothing is written, and a good rate mends it. */
function checkInvalid(runtime: Runtime, make: Make, value: unknown) {
  const [model, other] = [withGradients(runtime), withGradients(runtime)];
  other.loadStateDict(model.stateDict());
  const [optimizer, untroubled] = [model, other].map((one) => make(grouped(one, [0.25, 0.5])));
  for (const one of [optimizer, untroubled]) one.step();
  const before = model.stateDict();
  expect(() => {
    (optimizer.groups[1] as { lr: unknown }).lr = value;
    optimizer.step();
  }).toThrow(/\blr\b/);
  expectAllBits('weights', model.stateDict(), before);
  optimizer.groups[1].lr = 0.5;
  for (const one of [optimizer, untroubled]) one.step();
  expectAllBits('as if it had not been', model.stateDict(), other.stateDict());
}

function checkInvalidInTrainer(runtime: Runtime, make: Make) {
  const model = new Linear(3, 5, { runtime });
  const before = model.stateDict();
  const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: make(grouped(model, [0.25, 0.5])) });
  const batch = { input: tensor('x', 2, 3), target: tensor('y', 2, 5) };
  expect(() => {
    trainer.optimizer.groups[1].lr = Number.NaN;
    trainer.trainStep(batch);
  }).toThrow(/\blr\b/);
  expect(trainer.step).toBe(0);
  expectAllBits('weights', model.stateDict(), before);
}

function checkNegative(runtime: Runtime, make: Make) {
  const model = withGradients(runtime);
  const message = /^lr expected .*0.*, got -0\.1/;
  expectRefusal(() => make(model, { lr: -0.1 }), RangeError, message);
  expectRefusal(() => make(grouped(model, [0.1, -0.1])), RangeError, message);
  const optimizer = make(model);
  const set = () => {
    optimizer.lr = -0.1;
  };
  const { lr } = optimizer;
  expectRefusal(set, RangeError, message);
  expect(optimizer.lr).toBe(lr);
}

/** Where the gradient is 1 the first steps of Adam are of the size of the rate, however long its memory is. */
function checkLongMemory(runtime: Runtime, Class: typeof Adam | typeof AdamW, beta2: number) {
  const [weight] = new Linear(3, 5, { runtime }).parameters.values();
  weight.write(new Float32Array(15));
  weight.writeGrad(new Float32Array(15).fill(1));
  const optimizer = new Class([weight], { lr: 0.1, betas: [0.9, beta2], weightDecay: 0 });
  for (let step = 1; step <= 5; step++) {
    optimizer.step();
    for (const value of weight.read())
      expect(Math.abs(value / (-0.1 * step) - 1), `step ${step}`).toBeLessThan(step === 1 ? 1e-5 : 1e-4);
  }
}

/** The first step of RMSprop is lr · g / (√(1 − α) |g| + ε), all in double precision. */
function checkLongAverage(runtime: Runtime, alpha: number) {
  const [weight] = new Linear(3, 5, { runtime }).parameters.values();
  weight.write(new Float32Array(15));
  weight.writeGrad(new Float32Array(15).fill(1));
  const lr = 0.1 * Math.sqrt(1 - alpha);
  new RMSprop([weight], { lr, alpha }).step();
  const expected = -lr / (Math.sqrt(1 - alpha) + 1e-8);
  for (const value of weight.read()) expect(Math.abs(value / expected - 1)).toBeLessThan(1e-4);
}

function suite({ name, create }: Variant) {
  describe(`learning rates [${name}]`, () => {
    describe.each(Object.entries(OPTIMIZERS))('%s', (_, make) => {
      it('of 0', () => checkZero(create(), make));
      it('of 0, in a Trainer', () => checkTrainerAtZero(create(), make));
      it('below 0', () => checkNegative(create(), make));
      it('of groups', () => checkGroups(create(), make));
      it.each(INVALID)('of %s, set in a group', (value) => checkInvalid(create(), make, value));
      it('of NaN, set in a group under a Trainer', () => checkInvalidInTrainer(create(), make));
    });
  });

  describe(`running means that keep nearly everything [${name}]`, () => {
    it.each([0.999, 0.9999999, 0.99999999])('Adam and AdamW with beta2 %s', (beta2) => {
      checkLongMemory(create(), Adam, beta2);
      checkLongMemory(create(), AdamW, beta2);
    });
    it.each([0.99, 0.9999999, 0.99999999])('RMSprop with alpha %s', (alpha) =>
      checkLongAverage(create(), alpha),
    );
  });
}

variants.forEach(suite);
