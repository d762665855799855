import { describe, expect, it } from 'vitest';
import {
  Dropout,
  Linear,
  LSTM,
  mse,
  RNN,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, expectBits, tensor } from '../helpers/bits.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const input = tensor('input', 2, 4, 3);
const OPTIONS = { numLayers: 2, dropout: 0.5, stateful: true };

/** A model, and one that begins with the same layers and fails behind them. */
function pair(runtime: Runtime) {
  const layers = [new LSTM(3, 6, { ...OPTIONS, runtime }), new Dropout(0.5, { runtime })];
  return {
    good: new Sequential(...layers, new Linear(6, 4, { runtime })),
    failing: new Sequential(...layers, new Linear(7, 4, { runtime })),
    nested: new Sequential(new Sequential(...layers), new Linear(7, 4, { runtime })),
  };
}

/** Masks, states and gradients of a step in training. */
function step(model: Sequential | LSTM | RNN): Record<string, Tensor | undefined> {
  const { output, ...states } = model.forward(input, { training: true });
  const { input: dInput } = model.backward({ output });
  return { output, ...states, dInput };
}

function checkSequential(create: () => Runtime, which: 'failing' | 'nested', earlier: number) {
  const [troubled, untroubled] = [pair(create()), pair(create())];
  for (let n = 0; n < earlier; n++) {
    expectAllBits('before', step(troubled.good), step(untroubled.good));
  }
  for (let n = 0; n < 3; n++) {
    for (const options of [{ training: true }, { record: true }]) {
      expectRefusal(() => troubled[which].forward(input, options), RangeError, /inFeatures/);
      expect(() => troubled[which].backward({ output: tensor('d', 2, 4, 4) })).toThrow(/record/);
    }
    expectAllBits(`after failure ${n}`, step(troubled.good), step(untroubled.good));
  }
}

/** Wrong calls of a recurrent layer itself: none of them draws a mask or leaves a state. */
function checkRecurrent(create: () => Runtime, make: (runtime: Runtime) => LSTM | RNN) {
  const [troubled, untroubled] = [make(create()), make(create())];
  expectAllBits('before', step(troubled), step(untroubled));
  const wrong = [
    { h0: tensor('h', 2, 3, 6) },
    { h0: tensor('h', 2, 6) },
    ...(troubled instanceof LSTM ? [{ h0: tensor('h', 2, 2, 6), c0: tensor('c', 1, 2, 6) }] : []),
  ];
  for (const states of wrong) {
    expectRefusal(() => troubled.forward(input, { training: true, ...states }), RangeError, /"[hc]0"/);
  }
  const narrow = tensor('narrow', 2, 4, 2);
  expectRefusal(() => troubled.forward(narrow, { training: true }), RangeError, /inputSize/);
  expect(() => troubled.backward({ output: tensor('d', 2, 4, 6) })).toThrow(/record/);
  expectAllBits('after', step(troubled), step(untroubled));
}

const one = tensor('one', 1, 4, 3);
const RESET = /resetState\(\)/;

/** States of two sequences are no beginning of one. */
function checkOtherBatch(create: () => Runtime, make: (runtime: Runtime) => LSTM | RNN) {
  const [layer, untroubled] = [make(create()), make(create())];
  expectAllBits('before', step(layer), step(untroubled));
  for (const options of [{ training: true }, { record: true }]) {
    expectRefusal(() => layer.forward(one, options), RangeError, RESET);
  }
  expectAllBits('what is carried is still there', step(layer), step(untroubled));
  expectBits('without recording', layer.forward(one).output, untroubled.forward(one).output);
  const h0 = tensor('h', 2, 1, 6);
  const given = layer.forward(one, { h0, record: true });
  expectBits('with states given', given.output, untroubled.forward(one, { h0 }).output);
  expectRefusal(() => layer.forward(input, { record: true }), RangeError, RESET);
  layer.resetState();
  const zeros = { h0: { data: new Float32Array(24), shape: [2, 2, 6] } };
  const begun = layer.forward(input, { record: true });
  expectBits('after resetState', begun.output, untroubled.forward(input, zeros).output);
}

function checkOtherBatchInside(runtime: Runtime) {
  const lstm = new LSTM(3, 6, { stateful: true, runtime });
  const model = new Sequential(new Linear(3, 3, { runtime }), lstm);
  const fresh = model.forward(one).output;
  model.forward(input, { record: true });
  expectRefusal(() => model.forward(one, { record: true }), RangeError, /^layer 1: .*resetState\(\)/);
  lstm.resetState();
  expectBits('after resetState', model.forward(one, { record: true }).output, fresh);
  // A trainer resets by itself where the batch says so.
  const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: new SGD(model) });
  const batch = { input, target: tensor('target', 2, 4, 6) };
  expectRefusal(() => trainer.trainStep(batch), RangeError, RESET);
  expect(trainer.trainStep({ ...batch, reset: true }).step).toBe(1);
}

const RECURRENT: Record<string, (runtime: Runtime) => LSTM | RNN> = {
  LSTM: (runtime) => new LSTM(3, 6, { ...OPTIONS, runtime }),
  RNN: (runtime) => new RNN(3, 6, { ...OPTIONS, runtime }),
};

function suite({ name, create }: Variant) {
  describe(`a forward that fails leaves no trace [${name}]`, () => {
    it.each([0, 1, 3])('in a Sequential after %s steps', (earlier) => {
      checkSequential(create, 'failing', earlier);
      checkSequential(create, 'nested', earlier);
    });
    it.each(Object.entries(RECURRENT))('of an %s', (_, make) => checkRecurrent(create, make));
  });

  describe(`carried states of another batch [${name}]`, () => {
    const plain = { numLayers: 2, stateful: true };
    it('of an LSTM', () => checkOtherBatch(create, (runtime) => new LSTM(3, 6, { ...plain, runtime })));
    it('of an RNN', () => checkOtherBatch(create, (runtime) => new RNN(3, 6, { ...plain, runtime })));
    it('in a Sequential', () => checkOtherBatchInside(create()));
  });
}

variants.forEach(suite);
