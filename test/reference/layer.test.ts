import { describe, expect, it } from 'vitest';
import { closedForm } from '../vectors/closed-form.js';
import { deviations, type StoredTensor } from '../vectors/recurrent.js';
import { given, parametersOf, readPacked, readVariants, type VariantConfig } from '../vectors/variants.js';
import { recurrentLayer, type Values } from './layer.js';
import { type Design, type Kind, optionShapes } from './options.js';
import { lstm, rnn } from './recurrent.js';

const values = (name: string, shape: readonly number[]): Values => ({
  data: [
    ...closedForm(
      name,
      shape.reduce((product, n) => product * n, 1),
    ),
  ],
  shape,
});

function checkVariant(config: VariantConfig) {
  const { cell, inputSize, hiddenSize, numLayers } = config;
  const plain = (name: string) => {
    const { data, shape } = given(config, name, `d ${name}`);
    return { data: [...data], shape };
  };
  const kind = cell.slice(0, 3) === 'rnn' ? 'RNN' : (cell.toUpperCase() as Kind);
  const design: Design = { kind, inputSize, hiddenSize, options: { ...config.options, numLayers } };
  const params = Object.fromEntries(
    Object.entries(parametersOf(config)).map(([name, { data, shape }]) => [name, { data: [...data], shape }]),
  );
  expect([...optionShapes(design)]).toEqual(Object.entries(params).map(([name, { shape }]) => [name, shape]));
  const states = { h0: plain('h0'), ...(kind === 'LSTM' && { c0: plain('c0') }) };
  const { margins: _, ...results } = recurrentLayer({
    ...{ ...design, ...states, params, input: plain('input') },
    ...(config.lengths && { lengths: config.lengths }),
  });
  for (const [name, { data, shape }] of Object.entries(results)) {
    const stored = config.results[name] as StoredTensor;
    expect(shape, name).toEqual(config.shapes[name]);
    expect(deviations(data, stored).element, name).toBeLessThanOrEqual(1e-8 * stored.max);
  }
}

/** [batch, time, ·] as [time, batch, ·], or the other way round. */
function turn({ data, shape: [first, second, size] }: Values): Float64Array {
  return Float64Array.from(data, (_, at) => {
    const [t, b, k] = [Math.floor(at / (first * size)), Math.floor(at / size) % first, at % size];
    return data[(b * second + t) * size + k];
  });
}

/** The other reference, which has a backward pass and no options. */
function checkPlain(kind: 'LSTM' | 'RNN', nonlinearity: 'tanh' | 'relu') {
  const [B, T, I, H, layers] = [3, 5, 4, 6, 2];
  const options = { numLayers: layers, ...(kind === 'RNN' && { nonlinearity }) };
  const design: Design = { kind, inputSize: I, hiddenSize: H, options };
  const params = Object.fromEntries(
    [...optionShapes(design)].map(([name, shape]) => [name, values(name, shape)]),
  );
  const input = values('input', [B, T, I]);
  const [h0, c0] = [values('h0', [layers, B, H]), values('c0', [layers, B, H])];
  const own = recurrentLayer({ ...design, params, input, h0, ...(kind === 'LSTM' && { c0 }) });
  const args = {
    ...{ B, T, I, H, layers, input: turn(input), h0: Float64Array.from(h0.data), nonlinearity },
    params: new Map(Object.entries(params).map(([name, { data }]) => [name, Float64Array.from(data)])),
  };
  const other = kind === 'LSTM' ? lstm({ ...args, c0: Float64Array.from(c0.data) }) : rnn(args);
  const pairs = { output: turn(own.output), hN: own.hN.data, cN: own.cN?.data };
  for (const [name, data] of Object.entries(pairs)) {
    const expected = (other as unknown as Record<string, Float64Array>)[name];
    data?.forEach((value, at) => {
      expect(Math.abs(value - expected[at]), `${name} at ${at}`).toBeLessThan(1e-12);
    });
  }
}

describe('the reference with options', () => {
  it.each([...readVariants(), ...readPacked()])('$id as PyTorch', checkVariant);

  it('a plain LSTM and RNN as the plain reference', () => {
    checkPlain('LSTM', 'tanh');
    checkPlain('RNN', 'tanh');
    checkPlain('RNN', 'relu');
  });
});
