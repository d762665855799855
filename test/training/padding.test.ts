import { describe, expect, it } from 'vitest';
import {
  accuracy,
  type Batch,
  crossEntropy,
  type ForwardOptions,
  type Integers,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Parameter,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, ids, tensor } from '../helpers/bits.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * What batches have beside input and target: `lengths` and `mask`, which are the model's, and what follows from them for the
 * loss. The first model here is one of the user's own, which keeps what it is given.
 */

class Listening implements Layer {
  readonly inner: Layer;
  readonly calls: object[] = [];

  constructor(inner: Layer) {
    this.inner = inner;
  }

  get runtime() {
    return this.inner.runtime;
  }

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.inner.parameters;
  }

  get parameterCount() {
    return this.inner.parameterCount;
  }

  forward(input: Tensor | Integers, options: ForwardOptions = {}) {
    this.calls.push(options);
    const { training, record } = options;
    return this.inner.forward(input, {
      ...(training !== undefined && { training }),
      ...(record !== undefined && { record }),
    });
  }

  backward(gradient: { output: Tensor }, options?: object) {
    return this.inner.backward(gradient, options);
  }

  zeroGrad() {
    this.inner.zeroGrad();
  }

  stateDict() {
    return this.inner.stateDict();
  }

  loadStateDict(dict: Record<string, Tensor>) {
    this.inner.loadStateDict(dict);
  }

  dispose() {
    this.inner.dispose();
  }
}

const sequences = (runtime: Runtime, returnSequences = true) =>
  new Sequential(new LSTM(3, 6, { returnSequences, runtime }), new Linear(6, 4, { runtime }));

function begin(runtime: Runtime, returnSequences = true) {
  const model = new Listening(sequences(runtime, returnSequences));
  const masks: unknown[] = [];
  const loss: typeof crossEntropy = (output, target, options) => {
    masks.push(options?.mask && [...(options.mask as number[])]);
    return crossEntropy(output, target, options);
  };
  const metrics = { right: accuracy() };
  const trainer = new Trainer<Integers>(model, { loss, optimizer: new SGD(model, { lr: 0.1 }), metrics });
  return { model, trainer, masks };
}

const classes = (...shape: number[]) => {
  const { data } = ids('t', ...shape);
  return { data: data.map((id) => id % 4), shape };
};

const steps: Batch<Integers> = { input: tensor('x', 2, 3, 3), target: classes(2, 3) };
const mask = { data: Uint8Array.of(1, 0, 1, 1, 1, 0), shape: [2, 3] };
const last: Batch<Integers> = { input: tensor('x', 2, 3, 3), target: classes(2) };

/** What the model and the loss are given, for what a batch has. */
const CASES: [
  what: string,
  batch: Batch<Integers>,
  sequences: boolean,
  model: object,
  loss: number[] | undefined,
][] = [
  ['nothing', steps, true, {}, undefined],
  ['a mask for the loss', { ...steps, mask: [1, 1, 1, 0, 0, 0] }, true, {}, [1, 1, 1, 0, 0, 0]],
  ['lengths', { ...steps, lengths: [2, 3] }, true, { lengths: [2, 3] }, [1, 1, 0, 1, 1, 1]],
  ['a mask for the model', { ...steps, mask }, true, { mask }, [1, 0, 1, 1, 1, 0]],
  [
    'lengths and a mask',
    { ...steps, mask, lengths: [2, 3] },
    true,
    { mask, lengths: [2, 3] },
    [1, 0, 0, 1, 1, 0],
  ],
  [
    'lengths and a mask for the loss',
    { ...steps, mask: [1, 0, 1, 1, 1, 1], lengths: [2, 3] },
    true,
    { lengths: [2, 3] },
    [1, 0, 0, 1, 1, 1],
  ],
  ['lengths, for the last step alone', { ...last, lengths: [2, 3] }, false, { lengths: [2, 3] }, undefined],
  ['a mask, for the last step alone', { ...last, mask }, false, { mask }, undefined],
  ['a mask for the loss of the last step', { ...last, mask: [0, 1] }, false, {}, [0, 1]],
];

async function checkHanded(
  runtime: Runtime,
  batch: Batch<Integers>,
  whole: boolean,
  given: object,
  counted: unknown,
) {
  const { model, trainer, masks } = begin(runtime, whole);
  const { metrics } = trainer.trainStep(batch);
  await trainer.evaluate([batch]);
  expect(model.calls).toEqual([
    { training: true, ...given },
    { record: false, ...given },
  ]);
  expect(masks).toEqual([counted, counted]);
  expect(metrics?.right).toEqual(expect.any(Number));
}

/** What does not count has neither loss nor gradient: whatever stands there, the weights become the same. */
function checkCounts(runtime: Runtime) {
  const run = (classOfRest: number) => {
    const { trainer, model } = begin(runtime);
    model.inner.loadStateDict(weights);
    const target = classes(2, 3);
    target.data[2] = classOfRest;
    const { loss } = trainer.trainStep({ ...steps, target, lengths: [2, 3] });
    return { loss, weights: model.stateDict() };
  };
  const weights = sequences(runtime).stateDict();
  const [a, b] = [run(0), run(3)];
  expect(a.loss).toBe(b.loss);
  expectAllBits('weights', a.weights, b.weights);
}

/** As a model without recurrent layers says: an unknown option, and nothing has changed. */
async function checkRefused(runtime: Runtime) {
  const model = new Linear(3, 2, { runtime });
  const batch = { input: tensor('x', 2, 3), target: tensor('y', 2, 2), lengths: [1, 2] };
  const trainer = (threads: number) =>
    new Trainer<Tensor>(model, { loss: mse, optimizer: new SGD(model), threads });
  const message = /^Linear\.forward: unknown option "lengths"/;
  expectRefusal(() => trainer(1).trainStep(batch), TypeError, message);
  const run = async (one: object) => {
    for await (const _ of trainer(2).run([one as Batch<Tensor>]));
  };
  await expect(run(batch)).rejects.toThrow(message);
  await expect(run({ ...batch, lengths: [1] })).rejects.toThrow(
    /^lengths expected one for each .* = 2 sequences, got 1/,
  );
  const narrow = { data: new Uint8Array(3), shape: [1, 3] };
  const wrong = { input: batch.input, target: batch.target, mask: narrow };
  await expect(run(wrong)).rejects.toThrow(
    /^mask expected shape \[batch, time\] with batch = 2, got \[1, 3\]/,
  );
}

/** Of unlike length, with steps masked; what is behind the ends and under the mask is no number. */
function ragged(rows: number, order: 'batch' | 'time'): Batch<Tensor> {
  const shape = (...rest: number[]) => (order === 'batch' ? [rows, 5, ...rest] : [5, rows, ...rest]);
  const at = (b: number, t: number) => (order === 'batch' ? b * 5 + t : t * rows + b);
  const lengths = Array.from({ length: rows }, (_, b) => 1 + ((b * 3) % 5));
  const [input, target] = [tensor('x', ...shape(3)), tensor('y', ...shape(4))];
  const data = new Uint8Array(rows * 5).fill(1);
  for (const [b, length] of lengths.entries()) {
    for (let t = 0; t < 5; t++) {
      if (t > 0 && (b + t) % 4 === 0) data[at(b, t)] = 0;
      if (t >= length || data[at(b, t)] === 0) input.data.fill(Number.NaN, at(b, t) * 3, at(b, t) * 3 + 3);
    }
  }
  return { input, target, lengths, mask: { data, shape: shape() } };
}

/** Each thread has the lengths and the mask of its rows: as one thread, but for rounding. */
async function checkThreads(create: Variant['create'], order: 'batch' | 'time') {
  const run = async (threads: number) => {
    const runtime = create();
    const lstm = new LSTM(3, 6, { timeMajor: order === 'time', bidirectional: true, runtime });
    const model = new Sequential(lstm, new Linear(12, 4, { runtime }));
    const optimizer = new SGD(model, { lr: 0.1 });
    const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer, threads });
    const seen: number[] = [];
    const batches = [7, 4, 1, 3].map((rows) => ragged(rows, order));
    for await (const { loss } of trainer.run(batches)) seen.push(loss);
    return { seen, weights: model.stateDict() };
  };
  const [one, two, three] = [await run(1), await run(2), await run(3)];
  expect(await run(3)).toEqual(three);
  for (const several of [two, three]) {
    for (const [n, loss] of several.seen.entries()) expect(loss).toBeCloseTo(one.seen[n], 5);
    for (const [name, { data }] of Object.entries(several.weights)) {
      const apart = data.map((x, n) => Math.abs(x - one.weights[name].data[n]));
      expect(Math.max(...apart), name).toBeLessThan(1e-5);
    }
  }
}

/** Ids in the place of one-hot rows go to several threads as well. */
async function checkIds(create: Variant['create']) {
  const run = async (threads: number) => {
    const runtime = create();
    const model = new Sequential(new LSTM(4, 6, { runtime }), new Linear(6, 4, { runtime }));
    const optimizer = new SGD(model, { lr: 0.1 });
    const trainer = new Trainer<Integers>(model, { loss: crossEntropy, optimizer, threads });
    const batch = { input: classes(5, 3), target: classes(5, 3), lengths: Int32Array.of(3, 1, 2, 3, 2) };
    const seen: number[] = [];
    for await (const { loss } of trainer.run(Array(5).fill(batch))) seen.push(loss);
    return seen;
  };
  const [one, two] = [await run(1), await run(2)];
  for (const [n, loss] of two.entries()) expect(loss).toBeCloseTo(one[n], 5);
  expect(one[4]).toBeLessThan(one[0]);
}

function suite({ name, create }: Variant) {
  describe(`batches with lengths and masks [${name}]`, () => {
    it.each(CASES)('%s', (_, ...given) => checkHanded(create(), ...given));
    it('leave out what does not count', () => checkCounts(create()));
    it.each(['batch', 'time'] as const)('on several threads, %s first', (order) =>
      checkThreads(create, order),
    );
    it('of ids on several threads', () => checkIds(create));
    it('are refused where the model does not take them', () => checkRefused(create()));
  });
}

variants.forEach(suite);
