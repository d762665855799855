import { describe, expect, it } from 'vitest';
import type { LSTM, Runtime, Stream, Tensor } from '../../src/index.js';
import {
  CASES,
  type Case,
  expectAllBits,
  expectBits,
  ids,
  languageModel,
  recurrent,
  reshape,
  slice,
  states,
  tensor,
  valueModel,
} from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/** Undefined: no batch axis. */
const BATCHES = [undefined, 1, 3];

/** Every step of a stream against that time of [batch, time, features]. */
function expectSteps(stream: Stream, input: Tensor, output: Tensor) {
  const width = (output.shape[0] * output.shape[2]) as number;
  const out = new Float32Array(width);
  for (let t = 0; t < input.shape[1]; t++) {
    const x = slice(input, 1, t).data;
    const expected = slice(output, 1, t).data;
    if (t % 2 === 0) expectBits(`step ${t}`, stream.step(x), expected);
    else {
      expect(stream.step(x, out), 'what step gives is out').toBe(out);
      expectBits(`step ${t} into out`, out, expected);
    }
  }
}

function withoutBatch(state: Tensor, batch: number | undefined): Tensor {
  return batch === undefined ? reshape(state, state.shape[0], state.shape[2]) : state;
}

function checkStream(sizes: Case, batch: number | undefined, steps: number, runtime: Runtime) {
  const rows = batch ?? 1;
  const layer = recurrent(sizes, runtime);
  const { h, c } = states('initial', sizes, rows);
  const initial = { h0: withoutBatch(h, batch), ...(c && { c0: withoutBatch(c, batch) }) };
  const input = tensor('input', rows, steps, sizes.I);
  const whole = layer.forward(input, { h0: h, ...(c && { c0: c }) });
  const stream = layer.stream({ ...(batch !== undefined && { batch }), ...initial });
  expectSteps(stream, input, whole.output);
  const { hN, cN } = whole;
  const last = { h: withoutBatch(hN, batch), ...(cN && { c: withoutBatch(cN, batch) }) };
  expectAllBits('states', stream.state, last);
  stream.dispose();
  layer.dispose();
}

/** A stream that goes on from another one's state, and one that was reset, row by row. */
function checkState(sizes: Case, runtime: Runtime) {
  const layer = recurrent(sizes, runtime);
  const input = tensor('input', 3, 6, sizes.I);
  const { output } = layer.forward(input);
  const [first, second] = [layer.stream({ batch: 3 }), layer.stream({ batch: 3 })];
  expectSteps(first, slice(input, 1, 0, 4), slice(output, 1, 0, 4));
  second.setState(first.state);
  expectSteps(second, slice(input, 1, 4, 6), slice(output, 1, 4, 6));
  first.reset();
  expectSteps(first, slice(input, 1, 0, 4), slice(output, 1, 0, 4));

  first.reset([1]);
  const fresh = layer.stream({ batch: 1 });
  const both = first.step(slice(input, 1, 4).data);
  const size = sizes.H;
  expectBits('row 0 goes on', both.subarray(0, size), slice(slice(output, 1, 4), 0, 0).data);
  expectBits('row 1 begins', both.subarray(size, 2 * size), fresh.step(slice(slice(input, 1, 4), 0, 1).data));
  expectBits('row 2 goes on', both.subarray(2 * size), slice(slice(output, 1, 4), 0, 2).data);
  for (const stream of [first, second, fresh]) stream.dispose();
  layer.dispose();
}

function checkModels(batch: number | undefined, runtime: Runtime) {
  const rows = batch ?? 1;
  const options = batch === undefined ? {} : { batch };
  const model = valueModel(runtime);
  const input = tensor('input', rows, 20, 3);
  expectSteps(model.stream(options), input, model.forward(input).output);

  const text = languageModel(runtime);
  const read = ids('ids', rows, 20);
  const { output } = text.forward(read);
  const stream = text.stream(options);
  for (let t = 0; t < 20; t++) {
    expectBits(`id ${t}`, stream.step(slice(read, 1, t).data), slice(output, 1, t).data);
  }
  model.dispose();
  text.dispose();
}

/** Two streams of one layer share nothing but its weights; a forward in between does not touch them either. */
function checkApart(sizes: Case, runtime: Runtime) {
  const layer = recurrent(sizes, runtime);
  const inputs = ['one', 'two'].map((name) => tensor(name, 1, 10, sizes.I));
  const outputs = inputs.map((input) => layer.forward(input).output);
  const streams = inputs.map(() => layer.stream());
  for (let t = 0; t < 10; t++) {
    streams.forEach((stream, n) => {
      expectBits(
        `stream ${n}, step ${t}`,
        stream.step(slice(inputs[n], 1, t).data),
        slice(outputs[n], 1, t).data,
      );
    });
    layer.forward(inputs[t % 2], { record: true });
    layer.backward({ output: outputs[t % 2] });
  }
  layer.dispose();
}

/** A layer whose output is the last step alone gives a stream each of them. */
function checkLastAlone(runtime: Runtime) {
  const sizes: Case = { cell: 'lstm', I: 3, H: 5, layers: 2 };
  const make = (returnSequences: boolean) => recurrent(sizes, runtime, { seed: 3, returnSequences });
  const input = tensor('input', 2, 5, sizes.I);
  expectSteps(make(false).stream({ batch: 2 }), input, make(true).forward(input).output);
}

/** New weights are those of the next step, by `write` of one parameter and by a whole state dict. */
function checkWeights(sizes: Case, runtime: Runtime) {
  const layer = recurrent(sizes, runtime);
  const other = recurrent(sizes, runtime, { seed: 8 });
  const stream = layer.stream({ batch: 2 });
  const x = (t: number) => tensor(`input ${t}`, 2, 1, sizes.I);
  const expectStep = (t: number, by: LSTM, message: string) => {
    const { h, c } = stream.state;
    const { output } = by.forward(x(t), { h0: h, ...(c && { c0: c }) });
    expectBits(message, stream.step(x(t).data), output.data);
  };
  expectStep(0, layer as LSTM, 'before');
  for (const [t, name] of [...layer.parameters.keys()].entries()) {
    const value = other.parameters.get(name)?.read() as Float32Array;
    const before = stream.state;
    const old = stream.step(x(t).data);
    stream.setState(before);
    layer.parameters.get(name)?.write(value);
    expectStep(t, layer as LSTM, `after ${name}`);
    stream.setState(before);
    expect(stream.step(x(t).data), `${name} matters`).not.toEqual(old);
  }
  expectStep(1, other as LSTM, 'all parameters written');
  layer.loadStateDict(recurrent(sizes, runtime, { seed: 5 }).stateDict());
  expectStep(2, recurrent(sizes, runtime, { seed: 5 }) as LSTM, 'after loadStateDict');
}

function suite({ name, create }: Variant) {
  const runtime = create();

  describe(`streams give the bits of the sequence [${name}]`, () => {
    describe.each(CASES)('$cell I=$I H=$H layers=$layers', (sizes) => {
      it.each(BATCHES)('batch %s', (batch) => checkStream(sizes, batch, 100, runtime));
      it('go on from a state, and begin anew', () => checkState(sizes, runtime));
      it('side by side', () => checkApart(sizes, runtime));
      it('weights written meanwhile', () => checkWeights(sizes, runtime));
    });

    it('where the output is the last step alone', () => checkLastAlone(runtime));

    it.each(BATCHES)('a Sequential, batch %s', (batch) => checkModels(batch, runtime));
  });

  // recurrent.ts computes the input product ahead, 65536 values at a time: 256 steps of one sequence at H = 64, 85 of
  // three, 32 of eight. Two hundred and fifty-seven sequences leave one step a time.
  describe(`past the steps that one call takes [${name}]`, () => {
    const cases: Case[] = [
      { cell: 'lstm', I: 3, H: 64, layers: 2 },
      { cell: 'tanh', I: 3, H: 64, layers: 2 },
      { cell: 'lstm', I: 3, H: 61, layers: 1 },
    ];
    describe.each(cases)('$cell H=$H layers=$layers', (sizes) => {
      it.each([
        { batch: 1, steps: 600 },
        { batch: 3, steps: 257 },
        { batch: 8, steps: 65 },
        { batch: 257, steps: 3 },
      ])('batch $batch, $steps steps', ({ batch, steps }) => checkStream(sizes, batch, steps, runtime));
    });
  });
}

variants.forEach(suite);
