import { describe, expect, it } from 'vitest';
import type { Runtime, Tensor } from '../../src/index.js';
import { slice } from '../helpers/bits.js';
import {
  type AnyLayer,
  build,
  caseOf,
  draw,
  drawFor,
  filled,
  forwardOptions,
  type Given,
  moderate,
  type OptionCase,
  silent,
  tensorOf,
  unread,
} from '../helpers/options.js';
import { randomDraw, SEED, withCase } from '../helpers/random-options.js';
import { type Variant, variants } from '../helpers/variants.js';
import type { Values } from '../reference/layer.js';
import type { Kind, Options } from '../reference/options.js';

type Results = Record<string, Tensor | undefined>;

function run(layer: AnyLayer, input: Tensor, options: object, d: Record<string, Tensor>) {
  const { output, hN, cN } = layer.forward(input, { ...options, record: true });
  const back = layer.backward(d);
  return { output, hN, cN, 'd input': back.input, 'd h0': back.h0, 'd c0': back.c0 } as Results;
}

const tensors = (all: Record<string, Values>) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, tensorOf(value)]));

/** All sequences in one batch; what is not to be read holds NaN. */
function together(layer: AnyLayer, one: OptionCase, given: Given): Results {
  const input = tensorOf(filled(given.input, one, unread, Number.NaN));
  const { output } = given.d;
  const d = {
    ...given.d,
    output: output.shape.length === 3 ? filled(output, one, silent, Number.NaN) : output,
  };
  return run(layer, input, forwardOptions(one, given), tensors(d));
}

/** The sequence of row `b`, as long as it is, by itself. */
function alone(layer: AnyLayer, one: OptionCase, given: Given, b: number): Results {
  const { lengths, mask, time } = one;
  const length = lengths?.[b] ?? time;
  const own = (value: Tensor) => slice(value, 1, b);
  const { output, ...states } = tensors(given.d);
  const { h0, c0 } = forwardOptions(one, given);
  const masked = mask?.slice(b * time, b * time + length);
  const cut = (value: Tensor) => {
    const row = slice(value, 0, b);
    return value.shape.length === 3 ? slice(row, 1, 0, length) : row;
  };
  const options = {
    ...(h0 && { h0: own(h0) }),
    ...(c0 && { c0: own(c0) }),
    ...(masked && { mask: { data: Uint8Array.from(masked), shape: [1, length] } }),
  };
  const d = { output: cut(output as Tensor) } as Record<string, Tensor>;
  for (const [name, state] of Object.entries(states)) d[name] = own(state);
  return run(layer, cut(tensorOf(given.input)), options, d);
}

/** Row `b` of what the batch gave, against what the sequence gave alone: every bit, and 0 behind its end. */
function expectRow(name: string, whole: Tensor, row: Tensor, b: number) {
  const part = slice(whole, /^(d )?[hc]/.test(name) ? 1 : 0, b);
  part.data.forEach((value, n) => {
    const expected = n < row.data.length ? row.data[n] : 0;
    if (!Object.is(value, expected)) expect.fail(`${name} of row ${b} at ${n}: ${value} for ${expected}`);
  });
}

function gradients(layer: AnyLayer): Map<string, Float32Array> {
  return new Map([...layer.parameters].map(([name, parameter]) => [name, parameter.readGrad()]));
}

/**
 * Parameter gradients sum over rows and steps, in another order: within 1e-6 of the largest of what is summed. What single
 * steps add cannot be seen from here, and may cancel: `least` is taken for it where that is more.
 */
function expectSums(whole: AnyLayer, parts: Map<string, Float32Array>[], least: number) {
  for (const [name, gradient] of gradients(whole)) {
    const all = parts.map((part) => part.get(name) as Float32Array);
    const sum = (n: number, of: (x: number) => number) =>
      all.reduce((x, part) => x + of(part[n] as number), 0);
    const most = gradient.reduce((max, _, n) => Math.max(max, sum(n, Math.abs)), least);
    const apart = gradient.reduce((max, value, n) => Math.max(max, Math.abs(value - sum(n, (x) => x))), 0);
    expect(apart, `gradient of ${name}, of ${most} at most`).toBeLessThanOrEqual(1e-6 * most);
  }
}

function check(one: OptionCase, given: Given, runtime: Runtime, least = 0) {
  const [whole, single] = [build(one, given, runtime), build(one, given, runtime)];
  const all = together(whole, one, given);
  const parts: Map<string, Float32Array>[] = [];
  for (let b = 0; b < one.batch; b++) {
    for (const parameter of single.parameters.values()) parameter.writeGrad(new Float32Array(parameter.size));
    for (const [key, row] of Object.entries(alone(single, one, given, b)))
      if (row) expectRow(key, all[key] as Tensor, row, b);
    parts.push(gradients(single));
  }
  expectSums(whole, parts, least);
  whole.dispose();
  single.dispose();
}

const TABLE: [Kind, Options][] = [
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((kind): [Kind, Options][] => [
    [kind, {}],
    [kind, { reverse: true }],
    [kind, { numLayers: 3 }],
    [kind, { bidirectional: true, numLayers: 2 }],
    [kind, { bidirectional: true, merge: 'mul', numLayers: 2 }],
    [kind, { bidirectional: true, returnSequences: false }],
    [kind, { zoneout: 0.25, learnInitial: true, clip: 0.5 }],
  ]),
  ['LSTM', { projSize: 3, bidirectional: true, numLayers: 2 }],
  ['LSTM', { layerNorm: 'cell', bidirectional: true, numLayers: 2 }],
  ['LSTM', { layerNorm: 'gate', peepholes: true, reverse: true }],
  ['LSTM', { coupled: true, cellClip: 0.5 }],
  ['GRU', { resetAfter: false, bidirectional: true }],
];

/** Lengths of every order, and one of a single step. */
const LENGTHS = [4, 9, 1, 9, 6];

function ragged(one: OptionCase, n: number): OptionCase {
  const batch = 2 + (n % 4);
  const time = one.time + 1;
  const lengths = Array.from({ length: batch }, (_, b) => 1 + ((b * 5 + n * 3) % time));
  const mask = one.mask && Array.from({ length: batch * time }, (_, at) => Number((at * 7 + n) % 5 > 0));
  const { mask: _, ...rest } = one;
  return { ...rest, batch, time, lengths, ...(mask && { mask }) };
}

function suite({ name, create }: Variant) {
  describe(`sequences of different lengths are what each is alone [${name}]`, () => {
    describe.each([9, 11])('of 9 steps at most in %i', (time) => {
      it.each(TABLE)('%s %j', (kind, options) => {
        const more = { inputSize: 3, hiddenSize: 7, batch: LENGTHS.length, time, lengths: LENGTHS };
        const one = caseOf(kind, options, more);
        check(one, drawFor(moderate, one, JSON.stringify(options)), create());
      });
    });

    for (let n = 0; n < 30; n++) {
      it(`random options ${n}, OPTIONS_SEED=${SEED}`, () => {
        const { one, given } = randomDraw(n, {
          ...{ from: 1000, accepts: moderate },
          change: (random) => ragged(random, n),
        });
        withCase(one, () => check(one, given, create(), 1));
      });
    }
  });

  describe(`lengths [${name}]`, () => {
    const runtime = create();
    const one = caseOf('LSTM', { bidirectional: true }, { lengths: [2, 4, 1] });
    const given = draw(one, 'lengths');
    const input = tensorOf(given.input);
    const layer = build(one, given, runtime);

    it('of the whole time are as none', () => {
      const whole = layer.forward(input).output.data;
      expect(layer.forward(input, { lengths: [4, 4, 4] }).output.data).toEqual(whole);
      expect(
        layer.forward(input, { mask: { data: new Int32Array(12).fill(7), shape: [3, 4] } }).output.data,
      ).toEqual(whole);
    });

    it('come as an array of any whole numbers', () => {
      const expected = layer.forward(input, { lengths: [2, 4, 1] }).output.data;
      for (const Kind of [Int32Array, Uint8Array, Uint16Array, Uint32Array])
        expect(layer.forward(input, { lengths: Kind.of(2, 4, 1) }).output.data).toEqual(expected);
    });

    it('of one sequence without a batch', () => {
      const single = { data: input.data.slice(0, 12), shape: [4, 3] };
      const expected = slice(layer.forward(input, { lengths: [2, 4, 1] }).output, 0, 0);
      expect(layer.forward(single, { lengths: [2] }).output.data).toEqual(expected.data);
      const mask = { data: Uint8Array.of(1, 1, 0, 0), shape: [4] };
      const masked = layer.forward(single, { mask }).hN.data;
      expect(masked).toEqual(layer.forward(single, { lengths: [2] }).hN.data);
    });
  });
}

variants.forEach(suite);
