import { describe, expect, it } from 'vitest';
import {
  Adam,
  clipGradNorm,
  crossEntropy,
  Dropout,
  Embedding,
  type Integers,
  Linear,
  LSTM,
  type Parameter,
  RNN,
  type Runtime,
  Sequential,
  Trainer,
} from '../../src/index.js';
import { expectBits, ids, languageModel, slice, tensor } from '../helpers/bits.js';
import { bytesPerRun, expectNoGrowth, heapBytes, runFinalizers } from '../helpers/memory.js';
import { seededIntegers, shuffled } from '../helpers/random.js';
import { type Variant, variants } from '../helpers/variants.js';

const LENGTHS = Array.from({ length: 500 }, (_, n) => n + 1);

function checkStreamSteps(runtime: Runtime) {
  const layer = new LSTM(3, 9, { numLayers: 2, runtime });
  const stream = layer.stream({ batch: 2 });
  const x = tensor('input', 2, 3).data;
  const out = new Float32Array(18);
  expectNoGrowth(runtime, 100_000, () => stream.step(x, out));
}

function checkModelSteps(runtime: Runtime) {
  const stream = languageModel(runtime).stream();
  const out = new Float32Array(11);
  const id = new Uint8Array(1);
  expectNoGrowth(runtime, 100_000, (n) => {
    id[0] = n % 11;
    stream.step(id, out);
  });
}

function checkStepAllocations(runtime: Runtime) {
  const layer = new LSTM(3, 9, { numLayers: 2, runtime });
  const stream = new Sequential(layer, new Linear(9, 2, { runtime })).stream();
  const x = new Float32Array(3);
  const out = new Float32Array(2);
  // Less than the smallest array; the engine may box a number.
  expect(bytesPerRun(() => stream.step(x, out))).toBeLessThan(48);
}

/** A whole training step: forward, loss, backward, clipping, update. */
function checkTrainingSteps(runtime: Runtime) {
  const model = languageModel(runtime);
  const optimizer = new Adam(model, { lr: 1e-3 });
  const input = ids('ids', 4, 12);
  const target = ids('targets', 4, 12);
  expectNoGrowth(runtime, 1_000, () => {
    optimizer.zeroGrad();
    const { output } = model.forward(input, { training: true });
    model.backward({ output: crossEntropy(output, target, { runtime }).grad }, { inputGradient: false });
    clipGradNorm(model, 1);
    optimizer.step();
  });
}

/** Steps of a Trainer: carried states, dropout between layers and behind them, both clippings. */
function checkTrainer(runtime: Runtime) {
  const model = new Sequential(
    new Embedding(11, 5, { runtime }),
    new LSTM(5, 17, { numLayers: 2, dropout: 0.3, stateful: true, runtime }),
    new Dropout(0.5, { runtime }),
    new Linear(17, 11, { runtime }),
  );
  const optimizer = new Adam(model, { lr: 0.001 });
  const trainer = new Trainer<Integers>(model, {
    loss: crossEntropy,
    optimizer,
    clipNorm: 1,
    clipValue: 0.5,
  });
  const batch = { input: ids('ids', 4, 12), target: ids('targets', 4, 12) };
  expectNoGrowth(runtime, 1_000, () => trainer.trainStep(batch));
  expect(trainer.step).toBe(1_000);
}

/** The same in a run, with its turns of the event loop. */
async function checkTrainerRun(runtime: Runtime) {
  const model = languageModel(runtime);
  const trainer = new Trainer<Integers>(model, {
    loss: crossEntropy,
    optimizer: new Adam(model),
    clipNorm: 1,
  });
  const batch = { input: ids('ids', 4, 12), target: ids('targets', 4, 12) };
  let [memory, heap] = [0, 0];
  for await (const { step } of trainer.run(Array(1_000).fill(batch))) {
    if (step === 100) [memory, heap] = [runtime.memoryBytes, heapBytes()];
  }
  expect(runtime.memoryBytes).toBe(memory);
  expect(heapBytes() - heap).toBeLessThan(1_048_576);
}

function makeLayer(n: number, runtime: Runtime) {
  const size = 1 + ((n * 37) % 61);
  const kinds = [
    () => new LSTM(size, 1 + ((n * 11) % 23), { numLayers: 1 + (n % 3), runtime }),
    () => new RNN(size, 1 + ((n * 7) % 41), { runtime }),
    () => new Linear(size, 1 + ((n * 5) % 67), { runtime }),
    () => new Embedding(size, 1 + ((n * 3) % 31), { runtime }),
  ];
  const layer = kinds[n % 4]();
  if (layer instanceof Embedding) return layer;
  // With what comes later than the parameters: panels, a workspace, gradients.
  const { output } = layer.forward(tensor('input', 3, size), { record: true });
  if (n % 3 === 0) layer.backward({ output });
  return layer;
}

/** Rounds of a hundred layers, in another order each time; the first one lets all of them live at once. */
function checkLayers(runtime: Runtime) {
  const draw = seededIntegers(1);
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  let order = numbers;
  const living: { dispose(): void }[] = [];
  expectNoGrowth(runtime, 10_000, (n) => {
    if (n > 100 && draw(3) === 0) living.splice(draw(living.length), 1)[0]?.dispose();
    living.push(makeLayer(order[n % 100], runtime));
    if (n % 100 < 99) return;
    for (const layer of shuffled(living.splice(0), draw)) layer.dispose();
    order = shuffled(numbers, draw);
  });
}

/** In random order, the longest among the first hundred, then rising. */
function checkLengths(runtime: Runtime) {
  const layer = new LSTM(5, 9, { runtime });
  const longest = tensor('input', 2, 500, 5);
  const inputs = LENGTHS.map((steps) => slice(longest, 1, 0, steps));
  const draw = seededIntegers(2);
  const order = [499, ...Array.from({ length: 999 }, () => draw(500))];
  const run = (length: number) => layer.forward(inputs[length]);
  const { output } = run(70);
  expectNoGrowth(runtime, 1_000, (n) => run(order[n]));
  expectNoGrowth(runtime, 1_000, (n) => run(n % 500));
  expectBits('the same afterwards', run(70).output, output);
}

/** Rising lengths, recorded and run back, twice: the second time there is room for everything. */
function checkRisingLengths(runtime: Runtime) {
  const layer = new LSTM(5, 9, { numLayers: 2, runtime });
  const longest = tensor('input', 2, 500, 5);
  const run = (length: number) => {
    const { output } = layer.forward(slice(longest, 1, 0, length), { record: true });
    layer.backward({ output });
  };
  LENGTHS.forEach(run);
  const memory = runtime.memoryBytes;
  const heap = heapBytes();
  LENGTHS.forEach(run);
  expect(runtime.memoryBytes).toBe(memory);
  expect(heapBytes() - heap).toBeLessThan(1_048_576);
}

/** Streams opened and disposed of; the layer's own memory stays. */
function checkStreams(runtime: Runtime) {
  const layer = new LSTM(7, 33, { runtime });
  const x = tensor('input', 5, 7).data;
  expectNoGrowth(runtime, 1_000, () => {
    const stream = layer.stream({ batch: 5 });
    stream.step(x);
    stream.dispose();
  });
}

/** A constructor that refuses its options has given back what it took; what finalizers still hold goes in a turn of the event loop. */
async function checkRefusals(runtime: Runtime) {
  const wrong = { seed: -1, runtime };
  const refuse = () => {
    expect(() => new LSTM(32, 64, wrong)).toThrow(RangeError);
    expect(() => new LSTM(32, 64, { ...wrong, numLayers: 2, dropout: 0.5 })).toThrow(RangeError);
    expect(() => new RNN(32, 64, wrong)).toThrow(RangeError);
    expect(() => new Linear(64, 64, wrong)).toThrow(RangeError);
    expect(() => new Embedding(64, 64, wrong)).toThrow(RangeError);
    expect(() =>
      LSTM.fromStateDict({ weight_ih_l0: tensor('a', 64, 7), weight_hh_l0: tensor('b', 64, 15) }),
    ).toThrow(RangeError);
  };
  for (let n = 0; n < 100; n++) refuse();
  await runFinalizers();
  const memory = runtime.memoryBytes;
  const heap = heapBytes();
  for (let n = 100; n < 1_000; n++) refuse();
  await runFinalizers();
  expect(runtime.memoryBytes).toBe(memory);
  expect(heapBytes() - heap).toBeLessThan(1_048_576);
}

/** Layers, streams and models that nobody disposed of and nobody holds: the collector's finalizers give all back. */
async function checkForgotten(runtime: Runtime) {
  const forget = () => {
    for (let n = 0; n < 50; n++) {
      const layer = new LSTM(32, 64, { runtime });
      layer.stream().step(new Float32Array(32));
      layer.forward(tensor('input', 20, 32), { record: true });
    }
  };
  forget();
  const memory = runtime.memoryBytes;
  for (let n = 0; n < 5; n++) {
    await runFinalizers();
    forget();
  }
  expect(runtime.memoryBytes).toBe(memory);
}

/** A handle is enough to keep what it is a handle onto: an optimizer holds parameters, not layers. */
async function checkHandles(runtime: Runtime) {
  const parameterOf = (n: number): Parameter => {
    const { parameters } = new Linear(5, 7, { seed: n, runtime });
    return parameters.get('weight') as Parameter;
  };
  const handles = [1, 2, 3].map(parameterOf);
  const values = handles.map((handle) => handle.read());
  await runFinalizers();
  handles.forEach((handle, n) => expectBits(`parameter ${n}`, handle.read(), values[n]));
}

function suite({ name, create }: Variant) {
  describe(`memory stays what it is [${name}]`, () => {
    it('100,000 stream steps', () => checkStreamSteps(create()));
    it('100,000 stream steps of a Sequential', () => checkModelSteps(create()));
    it('1,000 training steps', () => checkTrainingSteps(create()));
    it('1,000 steps of a Trainer', () => checkTrainer(create()));
    it('1,000 steps of a run', () => checkTrainerRun(create()));
    it('10,000 layers made and disposed of out of order', () => checkLayers(create()));
    it('1,000 forwards of 1 to 500 steps, in random order and rising', () => checkLengths(create()));
    it('rising lengths, forward and backward', () => checkRisingLengths(create()));
    it('a stream step with out allocates nothing', () => checkStepAllocations(create()));
    it('1,000 streams', () => checkStreams(create()));
    it('6,000 refused constructors', () => checkRefusals(create()));
    it('layers that nobody disposed of', () => checkForgotten(create()));
    it('parameters that outlive their layer', () => checkHandles(create()));
  });
}

variants.forEach(suite);
