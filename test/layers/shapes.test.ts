import { describe, expect, it } from 'vitest';
import {
  Adam,
  crossEntropy,
  Embedding,
  type Layer,
  Linear,
  LSTM,
  mse,
  RNN,
  type Runtime,
  type Sequential,
  softmax,
  type Tensor,
} from '../../src/index.js';
import { expectAllBits, IDS, ids, languageModel, tensor, valueModel } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/** What a caller does with what it was given. */
type Use = (shape: readonly number[]) => void;

const leave: Use = () => undefined;

/** Writes wherever it may: what is frozen refuses, which is as good. */
const spoil: Use = (shape) => {
  if (Object.isFrozen(shape)) return;
  const own = shape as number[];
  own.fill(99);
  own.length = 1;
};

type Bits = Record<string, Float32Array>;

function keep(bits: Bits, name: string, { data, shape }: Tensor, use: Use): void {
  bits[name] = data.slice();
  bits[`${name} shape`] = Float32Array.from(shape);
  use(shape);
  if (use === spoil) data.fill(7);
}

function keepParameters(bits: Bits, name: string, model: Layer, use: Use): void {
  for (const [key, parameter] of model.parameters) {
    bits[`${name} ${key}`] = parameter.read();
    bits[`${name} ${key} gradient`] = parameter.readGrad();
    use(parameter.shape);
  }
  for (const [key, copy] of Object.entries(model.stateDict())) keep(bits, `${name} dict ${key}`, copy, use);
}

type Input = ReturnType<typeof ids> | ReturnType<typeof tensor>;

/** Everything that a model gives in three steps of training, each result put to use before the next call. */
function training(model: Layer, input: () => Input, use: Use): Bits {
  const bits: Bits = {};
  const optimizer = new Adam(model, { lr: 0.01 });
  for (let step = 0; step < 3; step++) {
    keepParameters(bits, `${step}`, model, use);
    const given = input();
    const { output } = model.forward(given, { training: true });
    const gradient = { data: output.data.slice(), shape: [...output.shape] };
    keep(bits, `${step} output`, output, use);
    use(given.shape);
    if (use === spoil) given.data.fill(0);
    const { input: dInput } = model.backward({ output: gradient });
    use(gradient.shape);
    if (dInput) keep(bits, `${step} gradient of the input`, dInput, use);
    optimizer.step();
    for (const slot of optimizer.stateDict().slots)
      for (const { shape } of Object.values(slot?.arrays ?? {})) use(shape);
    keepParameters(bits, `${step} stepped`, model, use);
    optimizer.loadStateDict(optimizer.stateDict());
    model.zeroGrad();
    for (const parameter of model.parameters.values()) {
      parameter.writeGrad(parameter.read());
      parameter.write(parameter.read().map((value) => value / 2));
    }
    model.zeroGrad();
    model.loadStateDict(model.stateDict());
  }
  return bits;
}

/** The same of a recurrent layer's states, given and carried. */
function recurrentStates(layer: LSTM | RNN, use: Use): Bits {
  const bits: Bits = {};
  const state = (name: string) => tensor(name, 2, 3, 5);
  const hasCell = layer instanceof LSTM;
  for (let step = 0; step < 3; step++) {
    const initial = { h0: state('h0'), ...(hasCell && { c0: state('c0') }) };
    const input = tensor('input', 3, 4, 3);
    // Step 1 begins with what step 0 left.
    const results = layer.forward(input, { record: true, ...(step !== 1 && initial) });
    for (const { shape } of [input, ...Object.values(initial)]) use(shape);
    for (const [name, result] of Object.entries(results)) keep(bits, `${step} ${name}`, result, use);
    const given = { output: tensor('d', 3, 4, 5), hN: state('dh'), ...(hasCell && { cN: state('dc') }) };
    const gradients = layer.backward(given);
    for (const { shape } of Object.values(given)) use(shape);
    for (const [name, gradient] of Object.entries(gradients)) keep(bits, `${step} d${name}`, gradient, use);
  }
  keepParameters(bits, 'afterwards', layer, use);
  return bits;
}

/** And of a stream, whose states go out and come in. */
function streamed(model: LSTM | RNN | Sequential, use: Use): Bits {
  const bits: Bits = {};
  const stream = model.stream({ batch: 2 });
  for (let step = 0; step < 4; step++) {
    bits[`step ${step}`] = stream.step(tensor(`x${step}`, 2, 3).data);
    for (const [name, state] of Object.entries(stream.state)) keep(bits, `${step} ${name}`, state, use);
    const state = stream.state;
    if (step === 2) stream.setState(state);
    for (const { shape } of Object.values(state)) use(shape);
  }
  return bits;
}

function expectSame(run: (use: Use) => Bits): void {
  expectAllBits('what was given is the caller’s', run(spoil), run(leave));
}

const MODELS: Record<string, [make: (runtime: Runtime) => Layer, input: () => Input]> = {
  LSTM: [(runtime) => new LSTM(3, 5, { numLayers: 2, runtime }), () => tensor('input', 3, 4, 3)],
  'LSTM, last step': [
    (runtime) => new LSTM(3, 5, { returnSequences: false, runtime }),
    () => tensor('input', 3, 4, 3),
  ],
  'LSTM, time first': [
    (runtime) => new LSTM(3, 5, { timeMajor: true, stateful: true, runtime }),
    () => tensor('input', 4, 3, 3),
  ],
  'LSTM, no batch': [(runtime) => new LSTM(3, 5, { runtime }), () => tensor('input', 4, 3)],
  RNN: [(runtime) => new RNN(3, 5, { runtime }), () => tensor('input', 3, 4, 3)],
  Linear: [(runtime) => new Linear(3, 5, { runtime }), () => tensor('input', 3, 4, 3)],
  Embedding: [(runtime) => new Embedding(IDS, 5, { runtime }), () => ids('input', 3, 4)],
  'Sequential of ids': [languageModel, () => ids('input', 3, 4)],
  'Sequential of values': [valueModel, () => tensor('input', 3, 4, 3)],
};

function suite({ name, create }: Variant) {
  describe(`shapes are the caller's [${name}]`, () => {
    it.each(Object.entries(MODELS))('%s', (_, [make, input]) =>
      expectSame((use) => training(make(create()), input, use)),
    );

    it('states of an LSTM and an RNN', () => {
      const options = { numLayers: 2, stateful: true };
      expectSame((use) => recurrentStates(new LSTM(3, 5, { ...options, runtime: create() }), use));
      expectSame((use) => recurrentStates(new RNN(3, 5, { ...options, runtime: create() }), use));
    });

    it('states of streams', () => {
      expectSame((use) => streamed(new LSTM(3, 5, { numLayers: 2, runtime: create() }), use));
      expectSame((use) => streamed(new RNN(3, 5, { runtime: create() }), use));
      expectSame((use) => streamed(valueModel(create()), use));
    });

    it('of a parameter are not the layer’s to lose', () => {
      const { parameters } = new Linear(3, 5, { runtime: create() });
      for (const parameter of parameters.values()) spoil(parameter.shape);
      expect([...parameters.values()].map(({ shape }) => shape)).toEqual([[5, 3], [5]]);
    });

    it('of losses and probabilities', () => {
      const runtime = create();
      const output = tensor('output', 2, 3);
      spoil(crossEntropy(output, Int32Array.of(0, 2), { runtime }).grad.shape);
      spoil(mse(output, tensor('target', 2, 3), { runtime }).grad.shape);
      spoil(softmax(output, { runtime }).shape);
      expect(output.shape).toEqual([2, 3]);
    });
  });
}

variants.forEach(suite);
