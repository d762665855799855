import { describe, expect, it } from 'vitest';
import {
  Activation,
  Dropout,
  Embedding,
  GRU,
  type Layer,
  Linear,
  LSTM,
  mse,
  RNN,
  type Runtime,
  Sequential,
  type Tensor,
} from '../../src/index.js';
import {
  type GRUGates,
  gates,
  gradientFlow,
  type LayerGates,
  type LSTMGates,
} from '../../src/inspect/index.js';
import { expectAllBits, expectBits, ids, tensor } from '../helpers/bits.js';
import { CASES, type InspectCase, subject } from '../helpers/inspect-cases.js';
import { run } from '../helpers/inspect-reference.js';
import { type Variant, variants } from '../helpers/variants.js';
import { places } from '../reference/options.js';

const within = ({ lengths, time }: InspectCase, row: number, t: number) => t < (lengths?.[row] ?? time);
const live = (one: InspectCase, row: number, t: number) => within(one, row, t) && one.mask?.[row][t] !== 0;

/** Every gate and state against the float64 network. */
function checkValues(name: string, one: InspectCase, runtime: Runtime) {
  const { layer, net, input, sequence } = subject(name, one, runtime);
  const { layers } = gates(layer, input, sequence);
  const { seen } = run(net);
  expect(layers.map((level) => `_${level.name}`)).toEqual(places(one).map(({ suffix }) => suffix));
  for (const level of layers) {
    const traces = seen.get(`_${level.name}`) ?? [];
    const { name: _, cell, ...values } = level;
    expect(cell).toBe(one.kind);
    for (const [which, { data, shape }] of Object.entries(values) as [string, Tensor][]) {
      const width = shape[2];
      expect(shape.slice(0, 2)).toEqual([one.batch, one.time]);
      for (const [n, value] of data.entries()) {
        const [row, t] = [Math.floor(n / width / one.time), Math.floor(n / width) % one.time];
        const state = which === 'h' || which === 'c';
        const there = state ? within(one, row, t) : live(one, row, t);
        const trace = traces[row][t];
        const values = state ? trace[which as 'h' | 'c'] : trace.gates[which];
        const expected = there ? values[n % width] : 0;
        expect(Math.abs(value - expected), `${level.name} ${which} ${row} ${t}`).toBeLessThan(2e-6);
      }
    }
  }
}

/** h and c are what the layer gives, to the bit, and so are the gates in the simd binary: c follows from them. */
function checkBits({ name, create }: Variant) {
  const runtime = create();
  for (const hiddenSize of [1, 4, 7, 17]) {
    const lstm = new LSTM(3, hiddenSize, { seed: 5, runtime });
    const x = tensor('x', 2, 9, 3);
    const { layers } = gates(lstm, x);
    const { i, f, g, o, c, h } = layers[0] as LSTMGates;
    const { output, cN } = lstm.forward(x);
    expectBits('h', h, output);
    const last = c.data.filter((_, n) => Math.floor(n / hiddenSize) % 9 === 8);
    expectBits('cN', last, cN.data);
    if (name !== 'simd') continue;
    const next = c.data.map((_, n) => {
      const before = Math.floor(n / hiddenSize) % 9 === 0 ? 0 : c.data[n - hiddenSize];
      return Math.fround(i.data[n] * g.data[n]) + Math.fround(f.data[n] * before);
    });
    expectBits('c', next, c.data);
    const shown = new Activation('tanh', { runtime }).forward(c).output.data;
    expectBits(
      'o',
      shown.map((y, n) => y * o.data[n]),
      h.data,
    );
  }
}

/** Under zoneout c follows from the gates and what is kept of the old one; under a norm h from what the cell's nonlinearity reads. */
function checkOptions({ name, create }: Variant) {
  const runtime = create();
  const x = tensor('x', 2, 9, 3);
  for (const [what, options] of Object.entries({
    zoneout: { zoneout: 0.25 },
    'zoneout and peepholes': { zoneout: { h: 0.5, c: 0.25 }, peepholes: true },
    'norm of cells': { layerNorm: 'cell' },
    'norm of gates': { layerNorm: 'gate' },
  } as const)) {
    const lstm = new LSTM(3, 7, { seed: 5, runtime, ...options });
    for (const [key, parameter] of lstm.parameters)
      if (key.includes('_ln_') || key.includes('weight_ln') || key.includes('peephole'))
        parameter.write(tensor(key, parameter.size).data);
    const { layers } = gates(lstm, x);
    const { i, f, g, c, h } = layers[0] as LSTMGates;
    const { output, cN } = lstm.forward(x);
    expectBits(`${what}: h`, h, output);
    expectBits(
      `${what}: cN`,
      c.data.filter((_, n) => Math.floor(n / 7) % 9 === 8),
      cN.data,
    );
    if (name !== 'simd') continue;
    const stays = lstm.zoneout.c;
    const next = c.data.map((_, n) => {
      const before = Math.floor(n / 7) % 9 === 0 ? 0 : c.data[n - 7];
      const cell = Math.fround(Math.fround(i.data[n] * g.data[n]) + Math.fround(f.data[n] * before));
      return stays ? Math.fround(stays * before) + Math.fround((1 - stays) * cell) : cell;
    });
    expectBits(`${what}: c`, next, c.data);
  }
}

function checkFaces(runtime: Runtime) {
  const lstm = new LSTM(3, 5, { seed: 1, runtime });
  const x = tensor('x', 2, 6, 3);
  const whole = gates(lstm, x).layers[0] as LSTMGates;
  const one = gates(lstm, { data: x.data.slice(0, 18), shape: [6, 3] }).layers[0] as LSTMGates;
  expect(one.f.shape).toEqual([6, 5]);
  expectBits('one sequence', one.f.data, whole.f.data.slice(0, 30));
  const timeMajor = LSTM.fromStateDict(lstm.stateDict(), { timeMajor: true, runtime });
  const turned = new Float32Array(36);
  for (let n = 0; n < 36; n++)
    turned[n] = x.data[((Math.floor(n / 3) % 2) * 6 + Math.floor(n / 6)) * 3 + (n % 3)];
  const byTime = gates(timeMajor, { data: turned, shape: [6, 2, 3] }).layers[0] as LSTMGates;
  expect(byTime.f.shape).toEqual([6, 2, 5]);
  expectBits('first sequence, first step', byTime.f.data.slice(0, 5), whole.f.data.slice(0, 5));
  expectBits('second sequence, last step', byTime.f.data.slice(55), whole.f.data.slice(55));
  const letters = { data: Int32Array.of(2, 0, 1, 1), shape: [1, 4] };
  const oneHot = { data: Float32Array.of(0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0), shape: [1, 4, 3] };
  expectAllBits('ids', tensors(gates(lstm, letters).layers[0]), tensors(gates(lstm, oneHot).layers[0]));
}

function tensors({ name: _, cell: __, ...all }: LayerGates): Record<string, Tensor> {
  return all as unknown as Record<string, Tensor>;
}

/** A model of all kinds; what is found in it is what its layers have one by one, and nothing in it changes. */
function checkModel(runtime: Runtime) {
  const [first, second] = [new LSTM(4, 6, { seed: 1, runtime }), new GRU(6, 5, { seed: 2, runtime })];
  const [embedding, linear] = [
    new Embedding(11, 4, { seed: 3, runtime }),
    new Linear(5, 2, { seed: 4, runtime }),
  ];
  const inner = new Sequential(new Activation('tanh', { runtime }), second);
  const model = new Sequential(embedding, first, new Dropout(0.5, { runtime }), inner, linear);
  const [input, target] = [ids('letters', 2, 7), tensor('target', 2, 7, 2)];
  model.backward({ output: model.forward(input, { record: true, training: true }).output });
  const gradients = gradientsOf(model);
  const pending = model.forward(input, { record: true }).output;

  const { loss, layers } = gradientFlow(model, { input, target }, { loss: mse });
  const values = gates(model, input).layers;
  expectAllBits('gradients', gradientsOf(model), gradients);
  expect(layers.map(({ name }) => name)).toEqual(['1.l0', '3.1.l0']);
  expect(values.map(({ name }) => name)).toEqual(['1.l0', '3.1.l0']);
  const { loss: expected, grad } = mse(pending, target, { runtime });
  expect(loss).toBe(expected);
  const x = embedding.forward(input).output;
  const h = first.forward(x, { record: true }).output;
  const middle = inner.forward(h, { record: true }).output;
  linear.forward(middle, { record: true });
  const dMiddle = linear.backward({ output: grad }).input as Tensor;
  expect(
    gradientFlow(second, { input: inner.layers[0].forward(h).output, grad: dMiddle }).layers[0].dh,
  ).toEqual(layers[1].dh);
  const dh = inner.backward({ output: dMiddle }).input as Tensor;
  const alone = gradientFlow(first, { input: x, grad: dh }).layers[0];
  expect(Math.max(...alone.dh.map((norm, t) => Math.abs(norm / layers[0].dh[t] - 1)))).toBeLessThan(1e-5);
  expectBits('gates', (values[1] as GRUGates).h, middle);
  model.backward({ output: grad });
  expect(() => model.backward({ output: grad })).toThrow(/recorded forward/);
}

/** A layer that occurs twice in a model has values and a name for each time. */
function checkShared(runtime: Runtime) {
  const gru = new GRU(3, 3, { seed: 1, runtime });
  const input = tensor('x', 2, 5, 3);
  const { layers } = gates(new Sequential(gru, gru), input);
  expect(layers.map(({ name }) => name)).toEqual(['0.l0', '1.l0']);
  const first = gru.forward(input).output;
  expectBits('first', layers[0].h, first);
  expectBits('second', layers[1].h, gru.forward(first).output);
}

function gradientsOf(model: Layer): Record<string, Float32Array> {
  return Object.fromEntries([...model.parameters].map(([name, parameter]) => [name, parameter.readGrad()]));
}

/** A layer made after looking begins with the weights that it would have had without. */
function checkDraws({ create }: Variant) {
  const weights = (look: boolean) => {
    const runtime = create();
    const layers = [new LSTM(3, 4, { dropout: 0.5, numLayers: 2, runtime }), new Linear(4, 2, { runtime })];
    const model = new Sequential(...layers);
    if (look) gradientFlow(model, { input: tensor('x', 2, 5, 3), grad: tensor('d', 2, 5, 2) });
    return new RNN(2, 3, { runtime }).stateDict();
  };
  expectAllBits('weights', weights(true), weights(false));
}

function suite(variant: Variant) {
  const { name, create } = variant;
  describe(`gates over time [${name}]`, () => {
    it.each(CASES)('%s', (name, one) => checkValues(name, one, create()));
    it('are the layer’s to the bit', () => checkBits(variant));
    it('under norms and zoneout too', () => checkOptions(variant));
    it('one sequence, time first, ids', () => checkFaces(create()));
    it('of a model, which stays as it is', () => checkModel(create()));
    it('of a layer that occurs twice', () => checkShared(create()));
    it('draw no numbers', () => checkDraws(variant));
  });
}

variants.forEach(suite);
