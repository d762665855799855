import { describe, expect, it } from 'vitest';
import { GRU, LSTM, RNN, type Runtime, type Tensor } from '../../src/index.js';
import { type Variant, variants } from '../helpers/variants.js';
import {
  expected,
  given,
  type OptionsConfig,
  parametersOf,
  poisoned,
  readOptions,
} from '../vectors/options.js';

const KINDS = { lstm: LSTM, gru: GRU, rnn: RNN };

/** As in parity.test.ts. */
function expectStored(config: OptionsConfig, name: string, { data, shape }: Tensor): void {
  expect(shape, `shape of ${name}`).toEqual(config.shapes[name]);
  const stored = expected(config, name);
  expect(data.length, `length of ${name}`).toBe(stored.length);
  const most = stored.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  stored.forEach((value, n) => {
    const error = Math.abs(data[n] - value);
    if (!(error <= 2e-6 + 1e-5 * most)) expect.fail(`${name}[${n}]: ${data[n]}, expected ${value}`);
  });
}

function callOptions(config: OptionsConfig) {
  const { call, options } = config;
  const { lengths, mask } = call;
  const states = options['learnInitial'] && !call.given ? [] : ['h0', 'c0'];
  const initial = states.filter((name) => `d ${name}` in config.shapes);
  return {
    ...Object.fromEntries(initial.map((name) => [name, given(config, name, `d ${name}`)])),
    ...(lengths && { lengths }),
    ...(mask && { mask: { data: Uint8Array.from(mask.flat()), shape: [mask.length, mask[0].length] } }),
    record: true,
  };
}

function check(config: OptionsConfig, runtime: Runtime): void {
  const { cell, inputSize, hiddenSize, numLayers, options } = config;
  const layer = new KINDS[cell](inputSize, hiddenSize, { numLayers, runtime, ...options });
  layer.loadStateDict(parametersOf(config));
  const results = layer.forward(poisoned(config), callOptions(config));
  for (const [name, result] of Object.entries(results)) expectStored(config, name, result);
  const gradients = Object.entries(results).map(([name]) => [name, given(config, `G_${name}`, name)]);
  const inputs = layer.backward(Object.fromEntries(gradients)) as Record<string, Tensor>;
  expect(Object.keys(inputs).map((name) => `d ${name}`)).toEqual(
    Object.keys(config.shapes).filter((name) => name.startsWith('d ')),
  );
  for (const [name, gradient] of Object.entries(inputs)) expectStored(config, `d ${name}`, gradient);
  const names = Object.keys(config.shapes).filter((name) => name.startsWith('p '));
  expect([...layer.parameters.keys()].map((name) => `p ${name}`)).toEqual(names);
  for (const [name, parameter] of layer.parameters)
    expectStored(config, `p ${name}`, { data: parameter.readGrad(), shape: parameter.shape });
}

function suite({ name, create }: Variant) {
  describe(`every option by autograd [${name}]`, () => {
    it.each(readOptions())('$id', (config) => check(config, create()));
  });
}

variants.forEach(suite);
