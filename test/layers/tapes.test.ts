import { describe, expect, it } from 'vitest';
import { LSTM, RNN, type Runtime, Sequential } from '../../src/index.js';
import { Tape } from '../../src/layers/tape.js';
import { Allocations } from '../../src/runtime/memory.js';
import { expectBits, tensor, valueModel } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/** Five recorded forwards of different lengths, then five backwards, against one after the other. */
function checkFive(model: Sequential) {
  const lengths = [1, 2, 17, 3, 7];
  const inputs = lengths.map((steps, n) => tensor(`input ${n}`, 3, steps, 3));
  const { shape } = model.forward(inputs[0]).output;
  const gradients = lengths.map((steps, n) => tensor(`gradient ${n}`, shape[0], steps, shape[2]));
  const sums = new Map([...model.parameters].map(([name, { size }]) => [name, new Float64Array(size)]));
  const single = inputs.map((input, n) => {
    model.forward(input, { record: true });
    const { input: dInput } = model.backward({ output: gradients[n] });
    for (const [name, parameter] of model.parameters)
      parameter.readGrad().forEach((d, at) => {
        (sums.get(name) as Float64Array)[at] += d;
      });
    model.zeroGrad();
    return dInput;
  });
  for (const input of inputs) model.forward(input, { record: true });
  for (let n = 4; n >= 0; n--)
    expectBits(`input ${n}`, model.backward({ output: gradients[n] }).input, single[n]);
  expect(() => model.backward({ output: gradients[0] })).toThrow(/record/);
  for (const [name, parameter] of model.parameters) {
    const expected = sums.get(name) as Float64Array;
    const max = expected.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
    const apart = parameter.readGrad().reduce((most, d, at) => Math.max(most, Math.abs(d - expected[at])), 0);
    expect(apart, name).toBeLessThanOrEqual(2e-6 + 1e-5 * max);
  }
}

/** A backward takes the latest forward; one that nobody asked to record is none. */
function checkLatest(runtime: Runtime) {
  const model = valueModel(runtime);
  const [long, short] = [tensor('long', 2, 7, 3), tensor('short', 2, 2, 3)];
  model.forward(long, { record: true });
  model.forward(short, { record: true });
  model.forward(long);
  expect(() => model.backward({ output: tensor('d', 2, 7, 4) })).toThrow(RangeError);
  expect(model.backward({ output: tensor('d', 2, 2, 4) }).input?.shape).toEqual([2, 2, 3]);
  expect(model.backward({ output: tensor('d', 2, 7, 4) }).input?.shape).toEqual([2, 7, 3]);
  expect(() => model.backward({ output: tensor('d', 2, 7, 4) })).toThrow(/record/);
}

const stacked = (runtime: Runtime) =>
  new Sequential(new LSTM(3, 6, { numLayers: 2, runtime }), new Sequential(new RNN(6, 5, { runtime })));

function suite({ name, create }: Variant) {
  describe(`five forwards and backwards [${name}]`, () => {
    it('of values through linear layers and an LSTM', () => checkFive(valueModel(create())));
    it('of recurrent layers', () => checkFive(stacked(create())));
    it('each backward takes the latest forward', () => checkLatest(create()));
  });
}

variants.forEach(suite);

describe.each(variants)('arrays that the core places on a tape [$name]', ({ create }) => {
  it('are laid out once if the memory suffices, else again in a larger block', () => {
    const allocations = new Allocations(create(), { dispose() {} });
    const tape = new Tape(allocations);
    const bases: number[] = [];
    const place = (bytes: number) => {
      bases.length = 0;
      tape.allocateFor((base) => {
        bases.push(base);
        return bytes;
      });
      return bases.length;
    };
    expect(place(1000)).toBe(2);
    expect(place(5000)).toBe(2);
    const behind = tape.allocate(64);
    expect(behind).toBeGreaterThanOrEqual((bases[1] as number) + 5000);
    tape.clear();
    const first = tape.allocate(64);
    expect(place(1000)).toBe(1);
    expect(bases).toEqual([first + 64]);
    expect(tape.allocate(64)).toBe(first + 64 + 1024);
    allocations.dispose('test');
  });

  it('chooses the same kernel for the default activations, given or not', () => {
    const runtime = create();
    const results = [undefined, ['sigmoid', 'tanh', 'tanh'] as const].map((activations) => {
      const lstm = new LSTM(3, 5, { runtime, seed: 1, ...(activations && { activations }) });
      const x = tensor('x', 2, 7, 3);
      const { output } = lstm.forward(x, { record: true });
      const { input } = lstm.backward({ output });
      return { output, input };
    });
    expectBits('output', results[1]?.output, results[0]?.output);
    expectBits('input', results[1]?.input, results[0]?.input);
  });
});
