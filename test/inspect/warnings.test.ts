import { describe, expect, it } from 'vitest';
import { GRU, type Layer, Linear, LSTM, mse, RNN, type Runtime, Sequential } from '../../src/index.js';
import { gates, gradientFlow } from '../../src/inspect/index.js';
import { tensor } from '../helpers/bits.js';
import { bad, expectRefusal, zeros } from '../helpers/refusals.js';
import { variants } from '../helpers/variants.js';

/** A layer whose bias of one gate is so much, all else small. */
function biased(layer: Layer, values: readonly number[]): Layer {
  for (const [name, parameter] of layer.parameters) {
    const block = parameter.size / values.length;
    const isBias = name.startsWith('bias_ih');
    parameter.write(
      new Float32Array(parameter.size).map((_, n) =>
        isBias ? (values[Math.floor(n / block)] as number) : 0.01,
      ),
    );
  }
  return layer;
}

/** Half of the gates are shut, the others fully open. */
function checkMedian(runtime: Runtime) {
  const lstm = new LSTM(1, 2, { runtime, seed: 1 });
  lstm.parameters.get('bias_ih_l0')?.write(Float32Array.of(0, 0, -9, 40, 0, 0, 0, 0));
  expect(gates(lstm, tensor('x', 1, 3, 1)).warnings).toEqual([
    'l0: 50 % of forget gates are below 0.05: memory lasts about 1 step',
  ]);
}

function lstmOf(runtime: Runtime, ...bias: number[]) {
  return gates(biased(new LSTM(2, 4, { runtime }), bias), tensor('x', 3, 12, 2)).warnings;
}

function checkSaturation(runtime: Runtime) {
  expect(lstmOf(runtime, 0, 1, 0, 0)).toEqual([]);
  expect(lstmOf(runtime, 0, -3.2, 0, 0)).toEqual([
    'l0: 100 % of forget gates are below 0.05: memory lasts about 3 steps',
  ]);
  expect(lstmOf(runtime, 0, -9, 0, 0)).toEqual([
    'l0: 100 % of forget gates are below 0.05: memory lasts about 1 step',
  ]);
  expect(lstmOf(runtime, -5, 0, 0, 0)).toEqual([
    'l0: 100 % of input gates are below 0.05: hardly anything is written',
  ]);
  expect(lstmOf(runtime, 0, 0, 0, -5)).toEqual([
    'l0: 100 % of output gates are below 0.05: hardly anything is read, and hardly any gradient comes in',
  ]);
  const [candidates, cells] = lstmOf(runtime, 5, 9, 5, 0);
  expect(candidates).toBe(
    'l0: 100 % of candidates are beyond ±0.99: less than 2 % of the gradient passes there',
  );
  expect(cells).toMatch(/^l0: \d\d % of cells, in tanh, are beyond ±0.99: /);
  const gru = biased(new GRU(2, 4, { runtime }), [0, -4, 0]);
  expect(gates(gru, tensor('x', 3, 12, 2)).warnings).toEqual([
    'l0: 100 % of update gates z are below 0.05: memory lasts about 2 steps',
  ]);
  const rnn = biased(new RNN(2, 4, { runtime }), [5]);
  expect(gates(rnn, tensor('x', 3, 12, 2)).warnings[0]).toMatch(/^l0: 100 % of states are beyond ±0.99/);
  const relu = biased(new RNN(2, 4, { nonlinearity: 'relu', runtime }), [5]);
  expect(gates(relu, tensor('x', 3, 12, 2)).warnings).toEqual([]);
}

/** What is behind the end of a sequence, or masked, has no say. */
function checkShare(runtime: Runtime) {
  const lstm = biased(new LSTM(2, 4, { runtime }), [0, 1, 0, 0]);
  expect(gates(lstm, tensor('x', 3, 12, 2), { lengths: [1, 2, 1] }).warnings).toEqual([]);
}

function flowOf(layer: Layer, steps: number, hidden: number, runtime: Runtime) {
  const model = new Sequential(layer, new Linear(hidden, 1, { runtime, seed: 1 }));
  const batch = { input: tensor('x', 2, steps, 2), target: tensor('y', 2, 1) };
  return gradientFlow(model, batch, { loss: mse }).warnings;
}

function checkFlow(runtime: Runtime) {
  const options = { returnSequences: false, seed: 1, runtime } as const;
  const [vanishes] = flowOf(new RNN(2, 8, options), 100, 8, runtime);
  expect(vanishes).toMatch(/^0.l0: the gradient vanishes: from \d\d steps back on less than a millionth/);
  const open = flowOf(new LSTM(2, 8, { ...options, forgetBias: 5 }), 100, 8, runtime);
  expect(open.filter((text) => text.includes('gradient vanishes'))).toEqual([]);
  const wild = new RNN(2, 8, { ...options, nonlinearity: 'relu' });
  const U = wild.parameters.get('weight_hh_l0');
  U?.write(new Float32Array(64).map((_, n) => (n % 9 === 0 ? 2 : 0)));
  expect(flowOf(wild, 20, 8, runtime)[0]).toMatch(
    /^0.l0: the gradient explodes: 19 steps back it is \de\+5 times/,
  );
  expect(flowOf(wild, 300, 8, runtime).join()).toMatch(
    /the gradient explodes: it is not finite \d+ steps back/,
  );
  expect(flowOf(wild, 300, 8, runtime).join()).toMatch(/h is not finite from step 1\d\d on/);
}

function checkRefusals(runtime: Runtime) {
  const lstm = new LSTM(3, 5, { runtime });
  const input = zeros(2, 4, 3);
  const gradient = zeros(2, 4, 5);
  const other = { ...new Linear(3, 5, { runtime }) };
  for (const act of [
    (one: unknown) => gradientFlow(bad(one), { input, grad: gradient }),
    (one: unknown) => gates(bad(one), input),
  ]) {
    expectRefusal(
      () => act(undefined),
      TypeError,
      /model expected one of this package's layers.*got undefined/,
    );
    expectRefusal(() => act(other), TypeError, /model expected one of this package's layers/);
    expectRefusal(() => act(new Linear(3, 5, { runtime })), TypeError, /recurrent layer/);
  }
  expectRefusal(() => gates(lstm, zeros(2, 4, 2)), RangeError, /inputSize\] = \[batch, time, 3\]/);
  expectRefusal(() => gates(lstm, input, bad({ length: [1, 2] })), TypeError, /did you mean "lengths"/);
  expectRefusal(() => gates(lstm, input, { lengths: [9, 2] }), RangeError, /lengths\[0\]/);
  const flow = (batch: object, options?: object) => () => gradientFlow(lstm, bad(batch), options);
  expectRefusal(flow({ input }), TypeError, /expected a loss for the target/);
  expectRefusal(flow({ input, grad: gradient }, { loss: mse }), TypeError, /either grad or loss, got both/);
  expectRefusal(flow({ input, target: gradient }, { loss: 'mse' }), TypeError, /loss expected a function/);
  expectRefusal(flow({ input, grad: gradient }, { los: mse }), TypeError, /did you mean "loss"/);
  expectRefusal(flow({ input, grad: zeros(2, 4, 4) }), RangeError, /"grad" expected shape of the output/);
  expectRefusal(flow(bad(null)), TypeError, /batch expected/);
  lstm.dispose();
  expectRefusal(() => gates(lstm, input), Error, /disposed/);
}

describe.each(variants)('warnings [$name]', ({ create }) => {
  it('gates that stand still', () => checkSaturation(create()));
  it('gates half shut, half open', () => checkMedian(create()));
  it('counts what is computed', () => checkShare(create()));
  it('gradients that vanish or explode', () => checkFlow(create()));
  it('refuses models and batches that it cannot inspect', () => checkRefusals(create()));
});
