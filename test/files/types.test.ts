import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  loadModel,
  loadModelFile,
  readSafetensors,
  saveModel,
  writeSafetensors,
} from '../../src/files/index.js';
import {
  type Layer,
  Linear,
  LSTM,
  RNN,
  type Runtime,
  Sequential,
  type Stream,
  type Tensor,
} from '../../src/index.js';
import { expectAllBits, expectBits, tensor } from '../helpers/bits.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/** What a file gives goes into a layer as it is: no cast stands below, and tsc reads this file. */
function checkTensorsOfFiles(runtime: Runtime) {
  const lstm = new LSTM(3, 5, { numLayers: 2, runtime });
  const read = () => readSafetensors(writeSafetensors(lstm.stateDict())).tensors;
  const made = LSTM.fromStateDict(read(), { runtime });
  expectAllBits('LSTM.fromStateDict', made.stateDict(), lstm.stateDict());
  const other = new LSTM(3, 5, { numLayers: 2, seed: 9, runtime });
  other.loadStateDict(read());
  expectAllBits('loadStateDict', other.stateDict(), lstm.stateDict());
  const rnn = new RNN(3, 5, { runtime });
  const { tensors } = readSafetensors(writeSafetensors(rnn.stateDict()));
  expectAllBits('RNN', RNN.fromStateDict(tensors, { runtime }).stateDict(), rnn.stateDict());
  const model = new Sequential(new Linear(3, 4, { runtime }), new LSTM(4, 5, { runtime }));
  model.loadStateDict(readSafetensors(writeSafetensors(model.stateDict())).tensors);
  const layer: Layer = model;
  layer.loadStateDict(readSafetensors(writeSafetensors(model.stateDict())).tensors);
}

/** The types let any array through: what is no Float32Array is refused when it is used. */
function checkOtherArrays(runtime: Runtime) {
  const layer = new Linear(3, 5, { runtime });
  const before = layer.stateDict();
  const bytes = writeSafetensors({
    weight: { data: new Float64Array(15), shape: [5, 3] },
    bias: { data: new Float32Array(5), shape: [5] },
  });
  expectRefusal(() => layer.loadStateDict(readSafetensors(bytes).tensors), TypeError, /weight.*Float32Array/);
  expectAllBits('weights', layer.stateDict(), before);
}

function checkLoadedModel(runtime: Runtime) {
  const model = new Sequential(new LSTM(3, 5, { runtime }), new Linear(5, 2, { runtime }));
  const loaded = loadModel<Sequential>(saveModel(model), { runtime });
  const stream = loaded.model.stream();
  expectTypeOf(stream).toEqualTypeOf<Stream>();
  expectTypeOf(loadModel<LSTM>)
    .returns.toHaveProperty('model')
    .toEqualTypeOf<LSTM>();
  expectTypeOf(loadModel).returns.toHaveProperty('model').toEqualTypeOf<Layer>();
  expectTypeOf(loadModelFile<Sequential>)
    .returns.resolves.toHaveProperty('model')
    .toEqualTypeOf<Sequential>();
  const x = tensor('x', 1, 3);
  expectBits('a step', stream.step(x.data), model.forward(x).output.data);
}

/** A key that holds nothing would still be there for `in` and for a spread. */
function checkWithoutInput(runtime: Runtime) {
  const input = tensor('input', 2, 4, 3);
  const options = { inputGradient: false };
  const layers: [Layer, string[]][] = [
    [new LSTM(3, 5, { runtime }), ['c0', 'h0']],
    [new RNN(3, 5, { runtime }), ['h0']],
    [new Linear(3, 5, { runtime }), []],
    [new Sequential(new LSTM(3, 5, { runtime })), []],
  ];
  for (const [layer, others] of layers) {
    const { output } = layer.forward(input, { record: true });
    expect(Object.keys(layer.backward({ output }, options)).sort()).toEqual(others);
    layer.forward(input, { record: true });
    expect(Object.keys(layer.backward({ output })).sort()).toEqual([...others, 'input']);
  }
}

/** The result types of the package's layers are more exact than those of any `Layer`. */
function checkResults(runtime: Runtime) {
  const lstm = new LSTM(3, 5, { runtime });
  const { output, hN, cN } = lstm.forward(tensor('input', 4, 3), { record: true });
  expectTypeOf(cN).toExtend<Tensor & { data: { buffer: ArrayBuffer } }>();
  const { input, h0, c0 } = lstm.backward({ output, hN, cN });
  expectTypeOf(input).toExtend<Tensor & { data: { buffer: ArrayBuffer } }>();
  expect([input.shape, h0.shape, c0.shape]).toEqual([
    [4, 3],
    [1, 5],
    [1, 5],
  ]);
}

function suite({ name, create }: Variant) {
  describe(`types that callers lean on [${name}]`, () => {
    it('tensors of a file', () => checkTensorsOfFiles(create()));
    it('arrays of another kind', () => checkOtherArrays(create()));
    it('the model of a file', () => checkLoadedModel(create()));
    it('backward without the gradient of the input', () => checkWithoutInput(create()));
    it('results of an LSTM', () => checkResults(create()));
  });
}

variants.forEach(suite);
