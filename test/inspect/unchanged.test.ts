import { describe, expect, it } from 'vitest';
import { Dropout, GRU, type Layer, Linear, LSTM, mse, type Runtime, Sequential } from '../../src/index.js';
import { gates, gradientFlow } from '../../src/inspect/index.js';
import { expectAllBits, expectBits, tensor } from '../helpers/bits.js';
import { variants } from '../helpers/variants.js';

/* Inspection leaves a model as it was: each is done beside a twin that is not looked into. */

const input = tensor('x', 2, 6, 3);
const target = tensor('y', 2, 6, 2);

function modelOf(runtime: Runtime) {
  const lstm = new LSTM(3, 5, {
    runtime,
    seed: 1,
    stateful: true,
    zoneout: 0.25,
    numLayers: 2,
    dropout: 0.5,
  });
  const gru = new GRU(5, 4, { runtime, seed: 2, learnInitial: true });
  return new Sequential(
    lstm,
    new Dropout(0.5, { runtime, seed: 3 }),
    gru,
    new Linear(4, 2, { runtime, seed: 4 }),
  );
}

/** Two steps of training, with `between` after each forward. */
function trained(model: Sequential, between: () => void) {
  const outputs = [1, 2].map(() => {
    const { output } = model.forward(input, { training: true });
    between();
    model.backward({ output: mse(output, target, { runtime: model.runtime }).grad });
    between();
    return output;
  });
  return { outputs, gradients: gradientsOf(model), output: model.forward(input, { record: true }).output };
}

function gradientsOf(model: Layer): Record<string, Float32Array> {
  return Object.fromEntries([...model.parameters].map(([name, parameter]) => [name, parameter.readGrad()]));
}

function checkTraining(create: () => Runtime) {
  const [model, twin] = [modelOf(create()), modelOf(create())];
  for (const one of [model, twin]) {
    const frozen = one.parameters.get('0.weight_hh_l0');
    if (frozen) frozen.requiresGrad = false;
  }
  const looked = trained(model, () => {
    gates(model, input);
    gradientFlow(model, { input, target }, { loss: mse });
  });
  const alone = trained(twin, () => {});
  for (const [n, output] of looked.outputs.entries()) expectBits('output', output, alone.outputs[n]);
  expectBits('output from carried states', looked.output, alone.output);
  expectAllBits('gradients', looked.gradients, alone.gradients);
  const wanted = [...model.parameters].filter(([, { requiresGrad }]) => !requiresGrad);
  expect(wanted.map(([name]) => name)).toEqual(['0.weight_hh_l0']);
}

/** Carried states are not where a sequence begins. */
function checkStart(runtime: Runtime) {
  const lstm = new LSTM(3, 5, { runtime, seed: 1, stateful: true });
  const batch = { input, grad: tensor('d', 2, 6, 5) };
  const before = { values: gates(lstm, input), flow: gradientFlow(lstm, batch) };
  lstm.forward(tensor('z', 2, 6, 3), { record: true });
  expect({ values: gates(lstm, input), flow: gradientFlow(lstm, batch) }).toEqual(before);
}

/** A failure leaves everything as it was too. */
function checkFailure(runtime: Runtime) {
  const model = modelOf(runtime);
  const { output } = model.forward(input, { record: true });
  const fail = () => {
    throw new Error('no loss');
  };
  expect(() => gradientFlow(model, { input, target }, { loss: fail })).toThrow('no loss');
  expect(() => gates(model, tensor('x', 2, 6, 4))).toThrow(RangeError);
  expect([...model.parameters.values()].every(({ requiresGrad }) => requiresGrad)).toBe(true);
  model.backward({ output });
}

function checkMemory(runtime: Runtime) {
  const model = modelOf(runtime);
  const look = () => gradientFlow(model, { input, target }, { loss: mse });
  look();
  const bytes = runtime.memoryBytes;
  for (let n = 0; n < 300; n++) look();
  expect(runtime.memoryBytes).toBe(bytes);
}

describe.each(variants)('a model that was looked into [$name]', ({ create }) => {
  it('trains to the same bits', () => checkTraining(create));
  it('is looked into from the same start', () => checkStart(create()));
  it('stays usable after a failure', () => checkFailure(create()));
  it('takes no memory', () => checkMemory(create()));
});
