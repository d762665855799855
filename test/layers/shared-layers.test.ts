import { describe, expect, it } from 'vitest';
import { saveModel } from '../../src/files/index.js';
import {
  Activation,
  Adam,
  AdamW,
  gradNorm,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Optimizer,
  RMSprop,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, expectBits, tensor } from '../helpers/bits.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const LAYERS: Record<string, (runtime: Runtime) => Layer> = {
  Linear: (runtime) => new Linear(4, 4, { seed: 5, runtime }),
  LSTM: (runtime) => new LSTM(4, 4, { numLayers: 2, seed: 5, runtime }),
};

type Make = (runtime: Runtime) => Layer;

const OPTIMIZERS: Record<string, (model: Layer) => Optimizer<{ lr: number }>> = {
  SGD: (model) => new SGD(model, { lr: 0.1, momentum: 0.9 }),
  RMSprop: (model) => new RMSprop(model, { lr: 0.01 }),
  Adam: (model) => new Adam(model, { lr: 0.01 }),
  AdamW: (model) => new AdamW(model, { lr: 0.01 }),
};

const batch = { input: tensor('input', 2, 3, 4), target: tensor('target', 2, 3, 4) };

/** One layer in both places, and two with the same weights. */
function pair(runtime: Runtime, make: Make) {
  const [layer, first, second] = [make(runtime), make(runtime), make(runtime)];
  const tanh = () => new Activation('tanh', { runtime });
  return {
    layer,
    shared: new Sequential(layer, tanh(), layer),
    apart: new Sequential(first, tanh(), second),
    first,
    second,
  };
}

function backward(model: Layer): Tensor {
  const { output } = model.forward(batch.input, { record: true });
  model.backward({ output: mse(output, batch.target, { runtime: model.runtime }).grad });
  return output;
}

function gradientOf(layer: Layer, name: string): Float32Array {
  return layer.parameters.get(name)?.readGrad() ?? expect.fail(name);
}

/** Within what float32 loses where two sums become one. */
function expectNear(name: string, actual: Float32Array, expected: Float32Array): void {
  const max = expected.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
  actual.forEach((d, n) => expect(Math.abs(d - expected[n]), `${name}[${n}]`).toBeLessThan(1e-5 * max));
}

function checkGradients(runtime: Runtime, make: Make) {
  const { layer, shared, apart, first, second } = pair(runtime, make);
  expectBits('output', backward(shared), backward(apart));
  let squares = 0;
  for (const name of layer.parameters.keys()) {
    const [a, b] = [gradientOf(first, name), gradientOf(second, name)];
    const sum = a.map((d, n) => d + b[n]);
    expectNear(name, gradientOf(layer, name), sum);
    squares += gradientOf(layer, name).reduce((total, d) => total + d * d, 0);
  }
  expect(gradNorm(shared) / Math.sqrt(squares), 'each gradient counts once').toBeCloseTo(1, 6);
}

/** The step of a shared layer is that of the layer alone with the same gradients. */
function checkStep(runtime: Runtime, make: Make, optimizer: (model: Layer) => Optimizer<{ lr: number }>) {
  const { layer, shared, first } = pair(runtime, make);
  const [one, alone] = [optimizer(shared), optimizer(first)];
  for (let step = 0; step < 3; step++) {
    backward(shared);
    for (const [name, parameter] of first.parameters) parameter.writeGrad(gradientOf(layer, name));
    one.step();
    alone.step();
    expectAllBits(`step ${step}`, layer.stateDict(), first.stateDict());
    one.zeroGrad();
  }
  expect(one.stateDict().slots.length).toBe(layer.parameters.size);
}

async function checkTrainer(
  runtime: Runtime,
  make: Make,
  optimizer: (model: Layer) => Optimizer<{ lr: number }>,
) {
  const { shared } = pair(runtime, make);
  const trainer = new Trainer<Tensor>(shared, { loss: mse, optimizer: optimizer(shared), clipNorm: 10 });
  const losses: number[] = [];
  for await (const { loss } of trainer.run(Array(40).fill(batch))) losses.push(loss);
  expect(losses[39]).toBeLessThan(losses[0]);
  const { weight, ...rest } = shared.stateDict();
  expect(weight, 'names carry their place').toBeUndefined();
  shared.loadStateDict(rest);
  expectAllBits('loaded', shared.stateDict(), rest);
}

function checkSaving(runtime: Runtime, make: Make) {
  const { layer, shared, apart } = pair(runtime, make);
  expect(shared.parameterCount).toBe(layer.parameterCount);
  expect(apart.parameterCount).toBe(2 * layer.parameterCount);
  const trainer = new Trainer<Tensor>(shared, { loss: mse, optimizer: new Adam(shared) });
  const nested = new Sequential(layer, new Sequential(layer));
  for (const save of [() => saveModel(shared), () => saveModel(shared, { trainer }), () => saveModel(nested)])
    expectRefusal(save, TypeError, /^model expected each layer once/);
  expect(saveModel(apart).length).toBeGreaterThan(apart.parameterCount * 4);
}

function suite({ name, create }: Variant) {
  describe(`one layer in two places [${name}]`, () => {
    describe.each(Object.entries(LAYERS))('%s', (_, make) => {
      it('its gradient is the sum of both', () => checkGradients(create(), make));
      it('counts once, and is not saved', () => checkSaving(create(), make));
      it.each(Object.entries(OPTIMIZERS))('%s updates it once', (_, optimizer) =>
        checkStep(create(), make, optimizer),
      );
      it.each(Object.entries(OPTIMIZERS))('trained by %s', (_, optimizer) =>
        checkTrainer(create(), make, optimizer),
      );
    });
  });
}

variants.forEach(suite);
