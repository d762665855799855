import { describe, expect, it } from 'vitest';
import { lanes } from '../../src/data/index.js';
import {
  type Batch,
  crossEntropy,
  GRU,
  type Integers,
  Linear,
  LSTM,
  RNN,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, IDS, ids } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * Truncated backpropagation through time (Williams & Peng 1990): gradients end at a window's beginning, states do not.
 */

const CELLS = { LSTM, GRU, RNN };
const WINDOWS = 5;

type Cell = keyof typeof CELLS;

function make(runtime: Runtime, cell: Cell, stateful: boolean) {
  const recurrent = new CELLS[cell](IDS, 7, { numLayers: 2, stateful, seed: 1, runtime });
  const head = new Linear(7, IDS, { seed: 2, runtime });
  return { recurrent, head };
}

const windows = () => [...lanes(ids('text', 2 * WINDOWS * 4 + 3), { batch: 2, steps: 4 })];

function begin(runtime: Runtime, cell: Cell, more: object = {}) {
  const { recurrent, head } = make(runtime, cell, true);
  const model = new Sequential(recurrent, head);
  const optimizer = new SGD(model, { lr: 0.5 });
  return new Trainer<Integers>(model, { loss: crossEntropy, optimizer, ...more });
}

/** By hand: each window begins with the states that the one before left, given as constants. */
function byHand(runtime: Runtime, cell: Cell, batches: readonly Batch<Integers>[], perStep: number) {
  const { recurrent, head } = make(runtime, cell, false);
  const optimizer = new SGD([...recurrent.parameters.values(), ...head.parameters.values()], { lr: 0.5 });
  let states: { h0?: Tensor; c0?: Tensor } = {};
  const losses: number[] = [];
  for (const [n, { input, target, reset }] of batches.entries()) {
    if (reset) states = {};
    const first = recurrent as LSTM;
    const { output, hN, cN } = first.forward(input as Integers, { ...states, training: true });
    states = { h0: hN, ...(cN && { c0: cN }) };
    const { output: logits } = head.forward(output, { training: true });
    const { loss, grad } = crossEntropy(logits, target, { runtime });
    const share = { data: grad.data.map((d) => d / perStep), shape: grad.shape };
    const { input: gradient } = head.backward({ output: share });
    first.backward({ output: gradient as Tensor }, { inputGradient: false });
    losses.push(loss);
    if ((n + 1) % perStep !== 0) continue;
    optimizer.step();
    optimizer.zeroGrad();
  }
  const prefixed = (prefix: string, dict: Record<string, Tensor>) =>
    Object.fromEntries(Object.entries(dict).map(([name, value]) => [prefix + name, value]));
  return {
    losses,
    weights: { ...prefixed('0.', recurrent.stateDict()), ...prefixed('1.', head.stateDict()) },
  };
}

/** Twice through the text: the second time from zeros again. */
function checkWindows(create: Variant['create'], cell: Cell) {
  const batches = [...windows(), ...windows()];
  expect(batches.map(({ reset }) => reset)).toEqual([
    true,
    ...Array(4).fill(false),
    true,
    ...Array(4).fill(false),
  ]);
  const trainer = begin(create(), cell);
  const losses = batches.map((batch) => trainer.trainStep(batch).loss);
  const expected = byHand(create(), cell, batches, 1);
  for (const [n, loss] of losses.entries()) expect(loss).toBeCloseTo(expected.losses[n], 5);
  expectClose(trainer.model.stateDict(), expected.weights);
}

/** Several windows a step: their gradients are added up, and the states go on from one to the next all the same. */
function checkAccumulated(create: Variant['create'], cell: Cell) {
  const batches = [...windows(), ...windows()];
  const trainer = begin(create(), cell, { accumulate: 2 });
  for (const batch of batches) trainer.trainStep(batch);
  expect(trainer.step).toBe(WINDOWS);
  expectClose(trainer.model.stateDict(), byHand(create(), cell, batches, 2).weights);
}

function expectClose(actual: Record<string, Tensor>, expected: Record<string, Tensor>) {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { data }] of Object.entries(actual)) {
    const apart = data.map((x, n) => Math.abs(x - expected[name].data[n]));
    expect(Math.max(...apart), name).toBeLessThan(1e-5);
  }
}

/** What is carried counts: without it the second window is another. */
function checkCarried(create: Variant['create'], cell: Cell) {
  const [first, second] = windows();
  const [trainer, fresh] = [begin(create(), cell), begin(create(), cell)];
  for (const one of [trainer, fresh]) one.trainStep(first);
  expectAllBits('weights', trainer.model.stateDict(), fresh.model.stateDict());
  expect(trainer.trainStep(second).loss).not.toBe(fresh.trainStep({ ...second, reset: true }).loss);
}

function suite({ name, create }: Variant) {
  describe(`truncated backpropagation through time [${name}]`, () => {
    describe.each(Object.keys(CELLS) as Cell[])('%s', (cell) => {
      it('window by window', () => checkWindows(create, cell));
      it('of several windows a step', () => checkAccumulated(create, cell));
      it('goes on from what is carried', () => checkCarried(create, cell));
    });
  });
}

variants.forEach(suite);
