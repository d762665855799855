import { describe, expect, it } from 'vitest';
import type { Runtime, Tensor } from '../../src/index.js';
import {
  CASES,
  type Case,
  expectAllBits,
  expectBits,
  ids,
  languageModel,
  type Recurrent,
  recurrent,
  reshape,
  slice,
  states,
  tensor,
  transpose,
  valueModel,
} from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

const BATCHES = [1, 3, 8, 17, 33];
const T = 5;

interface Given {
  input: Tensor;
  h0: Tensor;
  c0?: Tensor | undefined;
  d: { output: Tensor; hN: Tensor; cN?: Tensor | undefined };
}

function given(sizes: Case, batch: number, steps: number): Given {
  const first = states('initial', sizes, batch);
  const last = states('gradient', sizes, batch);
  return {
    input: tensor('input', batch, steps, sizes.I),
    h0: first.h,
    c0: first.c,
    d: { output: tensor('gradient', batch, steps, sizes.H), hN: last.h, cN: last.c },
  };
}

/** Only what is there: the RNN knows no `c0`. */
function defined<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}

/** A recorded forward and its backward: all that comes out. */
function run(layer: Recurrent, { input, h0, c0, d }: Given) {
  const forward = layer.forward(input, defined({ h0, c0, record: true }));
  const { input: dInput, h0: dh0, c0: dc0 } = layer.backward(defined(d));
  return defined({ ...forward, dInput, dh0, dc0 });
}

const STATES = ['hN', 'cN', 'dh0', 'dc0', 'h0', 'c0'];

/** Row b of everything, by the axis of the batch. */
function rowOf<T extends Record<string, Tensor | undefined>>(all: T, b: number): T {
  const rows = Object.entries(all).map(([name, value]) => [
    name,
    value && slice(value, STATES.includes(name) ? 1 : 0, b),
  ]);
  return Object.fromEntries(rows) as T;
}

function checkRows(sizes: Case, batch: number, runtime: Runtime) {
  const layer = recurrent(sizes, runtime);
  const { d, ...rest } = given(sizes, batch, T);
  const together = run(layer, { ...rest, d });
  for (let b = 0; b < batch; b++) {
    const alone = run(layer, { ...rowOf(rest, b), d: rowOf(d, b) });
    expectAllBits(`row ${b} of ${batch}`, rowOf(together, b), alone);
  }
  layer.dispose();
}

function checkModelRows(batch: number, runtime: Runtime) {
  const model = valueModel(runtime);
  const text = languageModel(runtime);
  const runOn = (input: Tensor, d: Tensor) => {
    const { output } = model.forward(input, { record: true });
    return { output, input: model.backward({ output: d }).input };
  };
  const input = tensor('input', batch, T, 3);
  const d = tensor('gradient', batch, T, 4);
  const together = runOn(input, d);
  const read = ids('ids', batch, T);
  const { output } = text.forward(read);
  for (let b = 0; b < batch; b++) {
    expectAllBits(`row ${b} of ${batch}`, rowOf(together, b), runOn(slice(input, 0, b), slice(d, 0, b)));
    expectBits(`row ${b} of ids`, slice(output, 0, b), text.forward(slice(read, 0, b)).output);
  }
  model.dispose();
  text.dispose();
}

/** 100 recorded calls of one step, the states handed on, then their backwards, against one call of 100. */
function checkSteps(sizes: Case, batch: number, runtime: Runtime) {
  const steps = 100;
  const layer = recurrent(sizes, runtime);
  const all = given(sizes, batch, steps);
  const whole = run(layer, all);
  let { h0, c0 } = all;
  for (let t = 0; t < steps; t++) {
    const one = layer.forward(slice(all.input, 1, t), defined({ h0, c0, record: true }));
    expectBits(`step ${t}`, one.output, slice(whole.output, 1, t));
    [h0, c0] = [one.hN, one.cN];
  }
  expectAllBits('last states', defined({ h0, c0 }), defined({ h0: whole.hN, c0: whole.cN }));
  let { hN, cN } = all.d;
  for (let t = steps - 1; t >= 0; t--) {
    const one = layer.backward(defined({ output: slice(all.d.output, 1, t), hN, cN }));
    expectBits(`gradient of step ${t}`, one.input, slice(whole.dInput as Tensor, 1, t));
    [hN, cN] = [one.h0, one.c0];
  }
  expectAllBits('first states', defined({ hN, cN }), defined({ hN: whole.dh0, cN: whole.dc0 }));
  layer.dispose();
}

function checkSequences(sizes: Case, runtime: Runtime) {
  const batch = 3;
  const all = given(sizes, batch, T);
  const layer = recurrent(sizes, runtime);
  const whole = run(layer, all);

  const plain = layer.forward(all.input, defined({ h0: all.h0, c0: all.c0 }));
  const { output, hN, cN } = whole;
  expectAllBits('without record', plain, defined({ output, hN, cN }));

  const gradients = () => [...layer.parameters].map(([name, parameter]) => [name, parameter.readGrad()]);
  const first = Object.fromEntries(gradients());
  layer.zeroGrad();
  expectAllBits('again', run(layer, all), whole);
  expectAllBits('parameter gradients again', Object.fromEntries(gradients()), first);
  layer.dispose();
}

function checkUnbatched(sizes: Case, runtime: Runtime) {
  const { I, H, layers } = sizes;
  const layer = recurrent(sizes, runtime);
  const all = given(sizes, 1, T);
  const { output, dInput, ...rest } = run(layer, all);
  const state = (value: Tensor) => reshape(value, layers, H);
  const unbatched = run(layer, {
    input: reshape(all.input, T, I),
    h0: state(all.h0),
    c0: all.c0 && state(all.c0),
    d: { output: reshape(all.d.output, T, H), hN: state(all.d.hN), cN: all.d.cN && state(all.d.cN) },
  });
  const expected = Object.entries(rest).map(([name, value]) => [name, state(value as Tensor)]);
  expectAllBits('unbatched', unbatched, {
    output: reshape(output, T, H),
    dInput: reshape(dInput as Tensor, T, I),
    ...Object.fromEntries(expected),
  });
  layer.dispose();
}

function checkTimeMajor(sizes: Case, runtime: Runtime) {
  const layer = recurrent(sizes, runtime);
  const turned = recurrent(sizes, runtime, { timeMajor: true });
  const { input, d, ...rest } = given(sizes, 3, T);
  const { output, dInput, ...others } = run(layer, { input, d, ...rest });
  const result = run(turned, {
    ...rest,
    input: transpose(input),
    d: { ...d, output: transpose(d.output) },
  });
  expectAllBits('time first', result, {
    ...others,
    output: transpose(output),
    dInput: transpose(dInput as Tensor),
  });
  layer.dispose();
  turned.dispose();
}

/** The last step alone: its gradient is that of a whole sequence which is zero before. */
function checkLastStep(sizes: Case, batch: number, runtime: Runtime) {
  const layer = recurrent(sizes, runtime);
  const last = recurrent(sizes, runtime, { returnSequences: false });
  const { d, ...rest } = given(sizes, batch, T);
  const dLast = slice(d.output, 1, T - 1);
  const dWhole = tensor('none', batch, T, sizes.H);
  dWhole.data.fill(0);
  for (let b = 0; b < batch; b++) {
    dWhole.data.set(slice(dLast, 0, b).data, (b * T + T - 1) * sizes.H);
  }
  const { output, ...others } = run(layer, { ...rest, d: { ...d, output: dWhole } });
  const shape = [batch, sizes.H];
  const result = run(last, { ...rest, d: { ...d, output: reshape(dLast, ...shape) } });
  expectAllBits('last step', result, { ...others, output: reshape(slice(output, 1, T - 1), ...shape) });
  layer.dispose();
  last.dispose();
}

function checkSeeds(create: () => Runtime) {
  const [first, second] = [create(), create()].map((runtime) => ({
    ...languageModel(runtime).stateDict(),
    ...recurrent({ cell: 'relu', I: 3, H: 5, layers: 2 }, runtime, { seed: 9 }).stateDict(),
  }));
  expectAllBits('initial weights', first, second);
  const { '0.weight': embedding, '1.weight_ih_l0': input, '1.weight_ih_l1': hidden } = second;
  expect(new Set([embedding, input, hidden].map(({ data }) => data[0])).size, 'layers differ').toBe(3);
}

function suite({ name, create }: Variant) {
  const runtime = create();

  describe(`the same bits [${name}]`, () => {
    describe.each(CASES)('$cell I=$I H=$H layers=$layers', (sizes) => {
      it.each(BATCHES)('each row of a batch of %i and that row alone', (batch) => {
        checkRows(sizes, batch, runtime);
      });
      it.each([1, 3])('a hundred calls of one step and one call, batch %i', (batch) => {
        checkSteps(sizes, batch, runtime);
      });
      it('with and without record, and again', () => checkSequences(sizes, runtime));
      it('unbatched and in a batch of 1', () => checkUnbatched(sizes, runtime));
      it('time first and batch first', () => checkTimeMajor(sizes, runtime));
      it.each([1, 3])('the last step alone and in the sequence, batch %i', (batch) => {
        checkLastStep(sizes, batch, runtime);
      });
    });

    it.each(BATCHES)('each row of a batch of %i through a Sequential', (batch) => {
      checkModelRows(batch, runtime);
    });
    it('weights of two runtimes with one seed', () => checkSeeds(create));
  });
}

variants.forEach(suite);
