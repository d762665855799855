import { describe, expect, it } from 'vitest';
import {
  Activation,
  Adam,
  Dropout,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Parameter,
  RNN,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, expectBits, tensor } from '../helpers/bits.js';
import { expectNoGrowth } from '../helpers/memory.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/* What a recorded forward keeps, and how long: until its backward, or until a parameter changes. */

const MODELS: Record<string, (runtime: Runtime) => Layer> = {
  LSTM: (runtime) => new LSTM(3, 5, { numLayers: 2, seed: 1, runtime }),
  RNN: (runtime) => new RNN(3, 5, { bidirectional: true, seed: 1, runtime }),
  Linear: (runtime) => new Linear(3, 5, { seed: 1, runtime }),
  Sequential: (runtime) =>
    new Sequential(
      new Linear(3, 7, { seed: 1, runtime }),
      new Activation('tanh', { runtime }),
      new LSTM(7, 5, { seed: 2, runtime }),
    ),
  'a Sequential in a Sequential': (runtime) =>
    new Sequential(
      new Linear(3, 7, { seed: 1, runtime }),
      new Sequential(new RNN(7, 5, { seed: 1, runtime })),
    ),
};

const input = tensor('input', 2, 4, 3);

function gradientsOf(model: Layer): Float32Array[] {
  return [...model.parameters.values()].map((parameter) => parameter.readGrad());
}

function record(model: Layer): Tensor {
  return model.forward(input, { record: true }).output;
}

/** As a PyTorch loop does: the output, then zero gradients, then backward. */
function checkZeroGrad(runtime: Runtime, make: (runtime: Runtime) => Layer) {
  const [model, other] = [make(runtime), make(runtime)];
  const output = record(model);
  const { input: dInput } = model.backward({ output });
  const expected = gradientsOf(model);
  for (const zeroGrad of [() => other.zeroGrad(), () => new Adam(other).zeroGrad()]) {
    other.backward({ output: record(other) });
    const again = record(other);
    zeroGrad();
    for (const gradient of gradientsOf(other)) expect(gradient.every((value) => value === 0)).toBe(true);
    expectBits('gradient of the input', other.backward({ output: again }).input, dInput);
    gradientsOf(other).forEach((gradient, n) => expectBits(`gradient ${n}`, gradient, expected[n]));
  }
}

/** All that changes a parameter, and which one the error names. */
const CHANGES: Record<string, (model: Layer) => void> = {
  write: (model) => last(model).write(new Float32Array(last(model).size)),
  loadStateDict: (model) => model.loadStateDict(model.stateDict()),
  'an optimizer step': (model) => {
    const optimizer = new SGD([last(model)], { lr: 0.1 });
    last(model).writeGrad(new Float32Array(last(model).size).fill(1));
    optimizer.step();
    last(model).writeGrad(new Float32Array(last(model).size));
  },
};

function last(model: Layer): Parameter {
  return [...model.parameters.values()].at(-1) as Parameter;
}

function checkStale(runtime: Runtime, make: (runtime: Runtime) => Layer, change: (model: Layer) => void) {
  const model = make(runtime);
  const name = change === CHANGES['loadStateDict'] ? '[\\w.]+' : [...model.parameters.keys()].at(-1);
  const output = record(model);
  change(model);
  const message = new RegExp(`^backward expected unchanged parameters, but "${name}" changed after`);
  for (let n = 0; n < 2; n++) expectRefusal(() => model.backward({ output }), Error, message);
  for (const gradient of gradientsOf(model)) expect(gradient.every((value) => value === 0)).toBe(true);
  // With the weights of now: as a model that was never refused.
  const fresh = make(runtime);
  fresh.loadStateDict(model.stateDict());
  const [again, expected] = [record(model), record(fresh)];
  expectBits('output', again, expected);
  expectBits('input', model.backward({ output: again }).input, fresh.backward({ output: expected }).input);
  expect(() => model.backward({ output })).toThrow(/recorded forward/);
}

async function checkRestoreBest(runtime: Runtime) {
  const model = new Linear(3, 3, { runtime });
  const batch = { input, target: tensor('target', 2, 4, 3) };
  const validation = { batches: [batch], every: 1 };
  const trainer = new Trainer<Tensor>(model, {
    loss: mse,
    optimizer: new Adam(model),
    validation,
    bestWeights: 'keep',
  });
  for await (const _ of trainer.run([batch, batch]));
  const output = record(model);
  trainer.restoreBest();
  expectRefusal(() => model.backward({ output }), Error, /"weight" changed/);
}

/** Two models that share a layer: a step of one makes the other's recording stale, a step beside it does not. */
function checkShared(runtime: Runtime) {
  const shared = new LSTM(3, 5, { runtime });
  const heads = [1, 2].map((seed) => new Linear(5, 2, { seed, runtime }));
  const [first, second] = heads.map((head) => new Sequential(shared, head)) as [Sequential, Sequential];
  const outputs = [record(first), record(second)];
  first.backward({ output: outputs[0] as Tensor });
  new SGD(heads[0] as Layer, { lr: 0.1 }).step();
  second.backward({ output: outputs[1] as Tensor });
  const output = record(second);
  new SGD(first, { lr: 0.1 }).step();
  expectRefusal(() => second.backward({ output }), Error, /"0\.weight_ih_l0" changed/);
}

/** What changes no weights leaves recordings as they are: several batches make one step. */
function checkAccumulation(runtime: Runtime) {
  const model = MODELS['Sequential']?.(runtime) as Layer;
  const optimizer = new Adam(model);
  for (let step = 0; step < 3; step++) {
    const outputs = [record(model), record(model)];
    optimizer.zeroGrad();
    model.forward(input);
    model.stateDict();
    for (const parameter of model.parameters.values()) parameter.read();
    for (const output of outputs) model.backward({ output });
    optimizer.step();
  }
}

/** Recordings that no backward takes are freed when the weights have changed. */
function checkAbandoned(runtime: Runtime) {
  const model = MODELS['Sequential']?.(runtime) as Layer;
  const weight = last(model);
  const values = weight.read();
  expectNoGrowth(runtime, 1_000, () => {
    for (let n = 0; n < 3; n++) record(model);
    weight.write(values);
  });
}

/** Steps that fail leave nothing, though no weight changes; nor what layers of the user's own recorded. */
function checkFailedSteps(runtime: Runtime) {
  const inner = new Sequential(new Dropout(0.5, { runtime }), new Activation('tanh', { runtime }));
  const own: Layer = {
    runtime,
    parameters: new Map(),
    parameterCount: 0,
    forward: (input, options) => inner.forward(input, options),
    backward: (gradient, options) => inner.backward(gradient, options),
    zeroGrad: () => inner.zeroGrad(),
    stateDict: () => ({}),
    loadStateDict() {},
    dispose() {},
  };
  const model = new Sequential(new Linear(3, 3, { runtime }), own);
  const nan = ({ data, shape }: Tensor) => ({ loss: Number.NaN, grad: { data: data.slice(), shape } });
  const optimizer = new Adam(model);
  const trainer = new Trainer<Tensor>(model, { loss: nan, optimizer, onNonFinite: 'skip' });
  expectNoGrowth(runtime, 1_000, () => trainer.trainStep({ input, target: input }));
  expect(() => model.backward({ output: input })).toThrow(/recorded forward/);
  expect(() => inner.backward({ output: input })).toThrow(/recorded forward/);
}

/** An evaluation carries states by recording: the user's own recording and gradients are none of its business. */
async function checkEvaluation(runtime: Runtime) {
  const make = () => new LSTM(3, 3, { stateful: true, seed: 1, runtime });
  const [model, other] = [make(), make()];
  const batches = [1, 2, 3].map(() => ({ input, target: input }));
  const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: new Adam(model) });
  for (const one of [model, other]) one.backward({ output: record(one) });
  const output = record(model);
  await trainer.evaluate(batches);
  const { input: dInput } = model.backward({ output });
  expectBits('input', dInput, other.backward({ output: record(other) }).input);
  gradientsOf(model).forEach((gradient, n) => expectBits(`${n}`, gradient, gradientsOf(other)[n]));
  expectAllBits('weights', model.stateDict(), other.stateDict());
}

function suite({ name, create }: Variant) {
  describe(`recorded forwards [${name}]`, () => {
    const models = Object.entries(MODELS);
    it.each(models)('zeroGrad before backward: %s', (_, make) => checkZeroGrad(create(), make));
    describe.each(Object.entries(CHANGES))('backward after %s', (_, change) => {
      it.each(models)('%s', (_, make) => checkStale(create(), make, change));
    });
    it('backward after restoreBest', () => checkRestoreBest(create()));
    it('of models that share a layer', () => checkShared(create()));
    it('two for each step', () => checkAccumulation(create()));
    it('that nothing takes are freed once the weights change', () => checkAbandoned(create()));
    it('of steps that fail are freed', () => checkFailedSteps(create()));
    it('outlast an evaluation', () => checkEvaluation(create()));
  });
}

variants.forEach(suite);
