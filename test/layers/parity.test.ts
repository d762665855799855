import { describe, expect, it } from 'vitest';
import { LSTM, RNN, type Runtime } from '../../src/index.js';
import { type Variant, variants } from '../helpers/variants.js';
import { closedForm, closedFormParameter, elementCount } from '../vectors/closed-form.js';
import { readMore } from '../vectors/more.js';
import {
  deviations,
  type NamedTensor,
  parameterShapes,
  type RecurrentConfig,
  readRecurrent,
  recurrentInputs,
  type StoredTensor,
  storedTensor,
} from '../vectors/recurrent.js';

const { configs } = readRecurrent();
const [tapes] = readMore().tapes;

/** The closed form's values are float32's own, so nothing is rounded here. */
function single({ data, shape }: NamedTensor) {
  return { data: Float32Array.from(data), shape };
}

/**
 * Errors of n elements, each within the tolerance and independent, sum up to within sqrt(n) of it; PyTorch's own
 * float32 uses a 75th of that, and a 25th of an element's.
 */
function expectStored(name: string, actual: ArrayLike<number>, stored: StoredTensor): void {
  const tolerance = 2e-6 + 1e-5 * stored.max;
  const { element, sum } = deviations(actual, stored);
  expect(element, name).toBeLessThanOrEqual(tolerance);
  expect(sum, `sums of ${name}`).toBeLessThanOrEqual(tolerance * Math.sqrt(actual.length));
}

function expectValues(name: string, actual: ArrayLike<number>, values: number[]): void {
  expectStored(name, actual, {
    max: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    values,
  });
}

function expectLength(
  name: string,
  { data, shape }: { data: Float32Array; shape: readonly number[] },
  expected: number[],
) {
  expect(shape, `shape of ${name}`).toEqual(expected);
  expect(data.length, `length of ${name}`).toBe(elementCount(expected));
}

function checkLstm(config: RecurrentConfig, runtime: Runtime) {
  const { inputSize, hiddenSize, numLayers, bias } = config;
  const given = recurrentInputs(config);
  const layer = new LSTM(inputSize, hiddenSize, { numLayers, bias, runtime });
  layer.loadStateDict(stateDict(given.parameters));
  const { output, hN, cN } = layer.forward(single(given.input), {
    h0: single(given.h0),
    c0: single(given.c0),
    record: true,
  });
  const { input, h0, c0 } = layer.backward({
    output: single(given.gradOutput),
    hN: single(given.gradHN),
    cN: single(given.gradCN),
  });
  checkResults(config, { output, hN, cN }, { input, h0, c0 });
  checkParameters(config, layer);
}

function checkRnn(config: RecurrentConfig, runtime: Runtime) {
  const { inputSize, hiddenSize, numLayers, bias } = config;
  const given = recurrentInputs(config);
  const nonlinearity = config.cell === 'rnn_relu' ? 'relu' : 'tanh';
  const layer = new RNN(inputSize, hiddenSize, { numLayers, bias, nonlinearity, runtime });
  layer.loadStateDict(stateDict(given.parameters));
  const { output, hN } = layer.forward(single(given.input), { h0: single(given.h0), record: true });
  const { input, h0 } = layer.backward({ output: single(given.gradOutput), hN: single(given.gradHN) });
  checkResults(config, { output, hN }, { input, h0 });
  checkParameters(config, layer);
}

function stateDict(parameters: ReadonlyMap<string, NamedTensor>) {
  return Object.fromEntries([...parameters].map(([name, tensor]) => [name, single(tensor)]));
}

type Results = Record<string, { data: Float32Array; shape: readonly number[] }>;

function checkResults(config: RecurrentConfig, forward: Results, gradients: Results) {
  const { inputSize, hiddenSize, numLayers, batch, time } = config;
  expect(Object.keys(forward).sort()).toEqual(Object.keys(config.forward).sort());
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(config.gradients).sort());
  for (const [name, result] of Object.entries(forward)) {
    expectLength(
      name,
      result,
      name === 'output' ? [batch, time, hiddenSize] : [numLayers, batch, hiddenSize],
    );
    expectStored(name, result.data, storedTensor(config.forward, name));
  }
  for (const [name, grad] of Object.entries(gradients)) {
    expectLength(name, grad, name === 'input' ? [batch, time, inputSize] : [numLayers, batch, hiddenSize]);
    expectStored(`gradient of ${name}`, grad.data, storedTensor(config.gradients, name));
  }
}

function checkParameters(config: RecurrentConfig, layer: LSTM | RNN) {
  expect([...layer.parameters.keys()].sort()).toEqual(Object.keys(config.parameters).sort());
  for (const [name, parameter] of layer.parameters) {
    expectStored(`gradient of ${name}`, parameter.readGrad(), storedTensor(config.parameters, name));
  }
}

/** Recorded first to last, consumed last to first, at five lengths: what one layer's tapes must keep apart. */
function checkTapes(runtime: Runtime) {
  const { inputSize, hiddenSize, numLayers, batch, times, runs, parameters } = tapes;
  const shapes = parameterShapes(4, tapes);
  const tensor = (name: string, ...shape: number[]) =>
    single({
      data: closedForm(`tapes/${name}`, elementCount(shape)),
      shape,
    });
  const state = (name: string) => tensor(name, numLayers, batch, hiddenSize);
  const layer = new LSTM(inputSize, hiddenSize, { numLayers, runtime });
  const values = [...shapes].map(([name, shape]): [string, NamedTensor] => [
    name,
    { data: closedFormParameter(`tapes/${name}`, shape, hiddenSize), shape },
  ]);
  layer.loadStateDict(stateDict(new Map(values)));
  times.forEach((time, k) => {
    const states = { h0: state(`${k}/h0`), c0: state(`${k}/c0`) };
    const { output } = layer.forward(tensor(`${k}/input`, batch, time, inputSize), {
      ...states,
      record: true,
    });
    expectValues(`output ${k}`, output.data, runs[k].output);
  });
  for (let k = times.length - 1; k >= 0; k--) {
    const output = tensor(`${k}/G_output`, batch, times[k], hiddenSize);
    const grads = layer.backward({ output, hN: state(`${k}/G_hN`), cN: state(`${k}/G_cN`) });
    for (const name of ['input', 'h0', 'c0'] as const)
      expectValues(`${name} ${k}`, grads[name].data, runs[k][name]);
  }
  for (const [name, parameter] of layer.parameters)
    expectValues(name, parameter.readGrad(), parameters[name]);
}

function suite({ name, create }: Variant) {
  describe(`parity with PyTorch [${name}]`, () => {
    const runtime = create();
    it.each(configs)('$id', (config) => {
      if (config.cell === 'lstm') checkLstm(config, runtime);
      else checkRnn(config, runtime);
    });
    it('five recorded forwards and then their backwards', () => checkTapes(runtime));
  });
}

variants.forEach(suite);
