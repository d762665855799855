import { describe, expect, it } from 'vitest';
import { closedForm, closedFormParameter, closedFormWeights } from '../vectors/closed-form.js';
import { parameterShapes } from '../vectors/recurrent.js';
import { expectGradient, weightedSum } from './central-differences.js';
import { embedding, linear, named } from './linear.js';
import { binaryCrossEntropy, crossEntropy, mse } from './losses.js';
import { type LstmArguments, lstm, rnn } from './recurrent.js';

const SIZES = [
  { I: 1, H: 1, layers: 1, B: 1, T: 1 },
  { I: 3, H: 5, layers: 1, B: 4, T: 3 },
  { I: 5, H: 1, layers: 2, B: 3, T: 4 },
  { I: 4, H: 7, layers: 2, B: 1, T: 5 },
  { I: 7, H: 4, layers: 3, B: 3, T: 7 },
  { I: 1, H: 3, layers: 3, B: 5, T: 4 },
];

type Sizes = (typeof SIZES)[number] & { bias: boolean };

function recurrentArguments(name: string, gates: number, { I, H, layers, B, T, bias }: Sizes) {
  const shapes = parameterShapes(gates, { inputSize: I, hiddenSize: H, numLayers: layers, bias });
  const params = [...shapes].map(([key, shape]): [string, Float64Array] => [
    key,
    closedFormParameter(`${name}/${key}`, shape, H),
  ]);
  return {
    ...{ I, H, layers, B, T },
    input: closedForm(`${name}/input`, T * B * I),
    h0: closedForm(`${name}/h0`, layers * B * H),
    c0: closedForm(`${name}/c0`, layers * B * H),
    params: new Map(params),
  };
}

function checkLstm(args: Required<LstmArguments>) {
  const first = lstm(args);
  const weights = {
    output: closedForm('G_output', first.output.length),
    hN: closedForm('G_hN', first.hN.length),
    cN: closedForm('G_cN', first.cN.length),
  };
  const loss = () => {
    const { output, hN, cN } = lstm(args);
    return weightedSum(output, weights.output) + weightedSum(hN, weights.hN) + weightedSum(cN, weights.cN);
  };
  const grads = first.backward(weights);
  for (const key of ['input', 'h0', 'c0'] as const) expectGradient(key, grads[key], loss, args[key]);
  expect([...grads.params.keys()].sort()).toEqual([...args.params.keys()].sort());
  for (const [key, grad] of grads.params) expectGradient(key, grad, loss, named(args.params, key));
}

function checkRnn(args: Required<LstmArguments>, nonlinearity: 'tanh' | 'relu') {
  const first = rnn({ ...args, nonlinearity });
  const weights = {
    output: closedForm('G_output', first.output.length),
    hN: closedForm('G_hN', first.hN.length),
  };
  const loss = () => {
    const { output, hN } = rnn({ ...args, nonlinearity });
    return weightedSum(output, weights.output) + weightedSum(hN, weights.hN);
  };
  const grads = first.backward(weights);
  for (const key of ['input', 'h0'] as const) expectGradient(key, grads[key], loss, args[key]);
  expect([...grads.params.keys()].sort()).toEqual([...args.params.keys()].sort());
  for (const [key, grad] of grads.params) expectGradient(key, grad, loss, named(args.params, key));
}

describe('the reference against central differences', () => {
  for (const bias of [true, false]) {
    for (const sizes of SIZES) {
      const { I, H, layers, B, T } = sizes;
      const name = `I=${I} H=${H} layers=${layers} B=${B} T=${T}${bias ? '' : ' no bias'}`;
      it(`lstm ${name}`, () => checkLstm(recurrentArguments(name, 4, { ...sizes, bias })));
      it(`rnn tanh ${name}`, () => checkRnn(recurrentArguments(name, 1, { ...sizes, bias }), 'tanh'));
      it(`rnn relu ${name}`, () => checkRnn(recurrentArguments(name, 1, { ...sizes, bias }), 'relu'));
    }
  }

  it('takes an absent gradient and an absent state as zeros', () => {
    const { h0, c0, ...rest } = recurrentArguments('absent', 4, { ...SIZES[4], bias: true });
    const zeros = new Float64Array(h0.length);
    const hN = closedForm('absent/G_hN', h0.length);
    const output = new Float64Array(rest.T * rest.B * rest.H);
    expect(c0.length).toBe(zeros.length);
    expect(lstm(rest).backward({ hN })).toEqual(
      lstm({ ...rest, h0: zeros, c0: zeros }).backward({ output, hN, cN: zeros }),
    );
  });

  for (const [rows, I, O] of [
    [1, 1, 1],
    [5, 3, 7],
    [4, 7, 1],
  ] as const) {
    it(`linear rows=${rows} I=${I} O=${O}`, () => {
      const input = closedForm('linear/input', rows * I);
      const params = new Map([
        ['weight', closedForm('linear/weight', O * I)],
        ['bias', closedForm('linear/bias', O)],
      ]);
      const weights = closedForm('linear/G', rows * O);
      const loss = () => weightedSum(linear({ input, rows, I, O, params }).output, weights);
      const grads = linear({ input, rows, I, O, params }).backward(weights);
      expectGradient('input', grads.input, loss, input);
      for (const [key, grad] of grads.params) expectGradient(key, grad, loss, named(params, key));
    });
  }

  it('embedding, ids repeated and absent', () => {
    const args = {
      ids: [3, 0, 3, 3, 6],
      count: 7,
      size: 3,
      params: new Map([['weight', closedForm('embedding', 21)]]),
    };
    const weights = closedForm('embedding/G', 15);
    const { params } = embedding(args).backward(weights);
    const loss = () => weightedSum(embedding(args).output, weights);
    expectGradient('weight', named(params, 'weight'), loss, named(args.params, 'weight'));
  });
});

describe('the reference losses against central differences', () => {
  const rows = 5;
  for (const classes of [1, 3, 4, 7]) {
    for (const reduction of ['mean', 'sum'] as const) {
      const weight = closedFormWeights('weight', classes);
      for (const more of [
        {},
        { weight },
        { ignoreIndex: 2 },
        { labelSmoothing: 0.1 },
        { weight, labelSmoothing: 0.3, ignoreIndex: 2 },
      ]) {
        it(`crossEntropy classes=${classes} ${reduction} ${Object.keys(more)}`, () => {
          const output = closedForm('crossEntropy', rows * classes, 4);
          const targets = [0, 1, 2, 3, 6].map((y) => y % classes);
          const args = { ...more, output, rows, classes, targets, reduction };
          expectGradient('output', crossEntropy(args).grad, () => crossEntropy(args).loss, output);
        });
      }

      it(`binaryCrossEntropy classes=${classes} ${reduction}`, () => {
        const output = closedForm('binary', rows * classes, 8);
        const target = closedForm('binary/target', rows * classes).map((y) => (y + 1) / 2);
        const elementWeight = closedFormWeights('binary/weight', rows * classes);
        for (const more of [{}, { weight: elementWeight }]) {
          const args = { ...more, output, target, reduction };
          expectGradient(
            'output',
            binaryCrossEntropy(args).grad,
            () => binaryCrossEntropy(args).loss,
            output,
          );
        }
      });

      it(`mse size=${rows * classes} ${reduction}`, () => {
        const output = closedForm('mse', rows * classes);
        const args = { output, target: closedForm('mse/target', rows * classes), reduction };
        expectGradient('output', mse(args).grad, () => mse(args).loss, output);
      });
    }
  }

  it('stays finite at logits of a thousand', () => {
    const output = Float64Array.of(1000, -1000, 1000, -1000);
    expect(crossEntropy({ output, rows: 2, classes: 2, targets: [0, 1] }).loss).toBe(1000);
    expect(binaryCrossEntropy({ output, target: Float64Array.of(1, 0, 0, 1) }).loss).toBe(500);
  });
});
