import { describe, expect, it } from 'vitest';
import { GRU, LSTM, RNN, type Runtime } from '../../src/index.js';
import { type Variant, variants } from '../helpers/variants.js';
import { deviations } from '../vectors/recurrent.js';
import { given, parametersOf, readVariants, type VariantConfig } from '../vectors/variants.js';

function build(config: VariantConfig, runtime: Runtime) {
  const dict = parametersOf(config);
  if (config.cell === 'lstm') return LSTM.fromStateDict(dict, { runtime });
  if (config.cell === 'gru') return GRU.fromStateDict(dict, { runtime });
  return RNN.fromStateDict(dict, { runtime, nonlinearity: config.cell === 'rnn_relu' ? 'relu' : 'tanh' });
}

/** As in parity.test.ts. */
function expectStored(
  config: VariantConfig,
  name: string,
  data: ArrayLike<number>,
  shape: readonly number[],
) {
  expect(shape, `shape of ${name}`).toEqual(config.shapes[name]);
  const stored = config.results[name] as VariantConfig['results'][string];
  const tolerance = 2e-6 + 1e-5 * stored.max;
  const { element, sum } = deviations(data, stored);
  expect(element, name).toBeLessThanOrEqual(tolerance);
  expect(sum, `sums of ${name}`).toBeLessThanOrEqual(tolerance * Math.sqrt(data.length));
}

function check(config: VariantConfig, runtime: Runtime) {
  const layer = build(config, runtime);
  const states = ['h', 'c'].filter((name) => `d ${name}0` in config.shapes);
  const initial = Object.fromEntries(states.map((s) => [`${s}0`, given(config, `${s}0`, `d ${s}0`)]));
  const results = layer.forward(given(config, 'input', 'd input'), { ...initial, record: true });
  const gradients = Object.fromEntries(
    Object.keys(results).map((name) => [name, given(config, `G_${name}`, name)]),
  );
  for (const [name, { data, shape }] of Object.entries(results)) expectStored(config, name, data, shape);
  for (const [name, { data, shape }] of Object.entries(layer.backward(gradients)))
    expectStored(config, `d ${name}`, data, shape);
  const names = Object.keys(config.shapes).filter((name) => name.startsWith('p '));
  expect([...layer.parameters.keys()].map((name) => `p ${name}`)).toEqual(names);
  for (const [name, parameter] of layer.parameters)
    expectStored(config, `p ${name}`, parameter.readGrad(), parameter.shape);
}

function suite({ name, create }: Variant) {
  describe(`options as PyTorch has them [${name}]`, () => {
    it.each(readVariants())('$id', (config) => check(config, create()));
  });
}

variants.forEach(suite);
