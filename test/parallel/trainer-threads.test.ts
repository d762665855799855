import { describe, expect, it, vi } from 'vitest';
import { loadModel, saveModel } from '../../src/files/index.js';
import {
  Adam,
  crossEntropy,
  Dropout,
  Embedding,
  type Integers,
  type Layer,
  Linear,
  LSTM,
  mse,
  RNN,
  type Runtime,
  Sequential,
  SGD,
  type Tensor,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { expectAllBits, expectBits, IDS, ids, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

type Batch = { input: Tensor | Integers; target: never; mask?: number[]; reset?: boolean };

function begin(model: Layer, loss: unknown, threads: number, options: Partial<TrainerOptions<never>> = {}) {
  const all = {
    loss: loss as never,
    optimizer: new Adam(model, { lr: 0.01 }),
    clipNorm: 1,
    threads,
    ...options,
  };
  return new Trainer<never>(model, all);
}

async function losses(trainer: Trainer<never>, batches: readonly Batch[]): Promise<number[]> {
  const seen: number[] = [];
  for await (const { loss } of trainer.run(batches)) seen.push(loss);
  return seen;
}

const values = (B: number, ...rest: number[]): Batch => ({
  input: tensor(`x${B}`, B, 5, 3),
  target: tensor(`y${B}`, B, ...rest) as never,
});

const language = (B: number, more: Partial<Batch> = {}): Batch => ({
  input: ids(`x${B}`, B, 6),
  target: ids(`y${B}`, B, 6) as never,
  ...more,
});

const timeMajor = (B: number): Batch => ({
  input: tensor(`x${B}`, 5, B, 3),
  target: tensor(`y${B}`, 5, B, 4) as never,
});

/** Squared error of what a mask leaves, as a user would write it. */
const ownLoss = (output: Tensor, target: Tensor, { mask }: { mask?: ArrayLike<number> }) => {
  const data = output.data.map((x, n) => (mask?.[n % output.shape[0]] ? x - target.data[n] : 0));
  return { loss: data.reduce((sum, x) => sum + x * x, 0) / 2, grad: { data, shape: output.shape } };
};

interface Case {
  make(runtime: Runtime): Layer;
  loss: unknown;
  batches: Batch[];
}

const UNEVEN = [7, 3, 8, 1, 2];

const CASES: Record<string, Case> = {
  'a language model that carries its state, with a mask and a class weight': {
    make: (runtime) =>
      new Sequential(
        new Embedding(IDS, 5, { runtime }),
        new LSTM(5, 17, { numLayers: 2, stateful: true, runtime }),
        new Linear(17, IDS, { runtime }),
      ),
    loss: (output: Tensor, target: Integers, { mask, runtime }: { mask?: number[]; runtime: Runtime }) =>
      crossEntropy(output, target, { mask, runtime, weight: new Float32Array(IDS).map((_, n) => 1 + n) }),
    batches: [
      language(7, { mask: Array.from({ length: 42 }, (_, n) => (n < 30 ? 1 : 0)) }),
      language(7),
      language(7, { reset: true }),
      language(2, { reset: true }),
      language(2),
      language(7, { reset: true }),
    ],
  },
  'sequences that lie time first': {
    make: (runtime) =>
      new Sequential(
        new RNN(3, 9, { timeMajor: true, stateful: true, runtime }),
        new LSTM(9, 8, { timeMajor: true, runtime }),
        new Linear(8, 4, { runtime }),
      ),
    loss: mse,
    batches: UNEVEN.map((B) => ({ ...timeMajor(B), reset: true })),
  },
  'last steps of sequences that lie time first': {
    make: (runtime) => new LSTM(3, 4, { timeMajor: true, returnSequences: false, runtime }),
    loss: mse,
    batches: UNEVEN.map((B) => ({ ...timeMajor(B), target: tensor(`y${B}`, B, 4) as never })),
  },
  'the last step, and a loss of the user': {
    make: (runtime) =>
      new Sequential(new LSTM(3, 7, { returnSequences: false, runtime }), new Linear(7, 2, { runtime })),
    loss: ownLoss,
    batches: UNEVEN.map((B) => ({ ...values(B, 2), mask: Array.from({ length: B }, (_, n) => (n + 1) % 2) })),
  },
  'rows without a time': {
    make: (runtime) => new Linear(3, 2, { runtime }),
    loss: mse,
    batches: UNEVEN.map((B) => ({ input: tensor('x', B, 3), target: tensor('y', B, 2) as never })),
  },
  'single sequences among batches': {
    make: (runtime) => new Sequential(new LSTM(3, 6, { runtime }), new Linear(6, 4, { runtime })),
    loss: mse,
    batches: [
      values(4, 5, 4),
      { input: tensor('x', 5, 3), target: tensor('y', 5, 4) as never },
      values(5, 5, 4),
    ],
  },
};

/** The same for one number of threads, and nearly the same for another. */
async function checkCase({ make, loss, batches }: Case, create: Variant['create']) {
  const run = async (threads: number) => {
    const model = make(create());
    const [first] = model.parameters.values();
    first.requiresGrad = false;
    // Not Adam, which makes a whole step of a gradient that is all rounding.
    const optimizer = new SGD(model, { lr: 0.1, momentum: 0.9 });
    const seen = await losses(begin(model, loss, threads, { optimizer }), batches);
    return { seen, weights: model.stateDict() };
  };
  const one = await run(1);
  const [two, three, again] = [await run(2), await run(3), await run(3)];
  expect(again.seen).toEqual(three.seen);
  expectAllBits('weights', again.weights, three.weights);
  for (const several of [two, three]) {
    for (const [n, loss] of several.seen.entries()) expect(loss).toBeCloseTo(one.seen[n], 5);
    for (const [name, { data }] of Object.entries(several.weights)) {
      const apart = data.map((x, n) => Math.abs(x - one.weights[name].data[n]));
      expect(Math.max(...apart), name).toBeLessThan(1e-5);
    }
  }
}

function dropped(runtime: Runtime) {
  return new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful: true, runtime }),
    new Dropout(0.4, { runtime }),
    new Linear(9, IDS, { runtime }),
  );
}

/** Dropout, carried states and optimizer, saved and loaded in the middle: the same bits as without. */
async function checkResumed(create: Variant['create']) {
  const data = Array.from({ length: 8 }, (_, n) => language(5, { reset: n === 5 }));
  const [whole, stopped] = [dropped(create()), dropped(create())];
  const trainer = begin(whole, crossEntropy, 2);
  const seen = await losses(trainer, data);
  const first = begin(stopped, crossEntropy, 2);
  const before = await losses(first, data.slice(0, 3));
  const { model, training } = loadModel(saveModel(stopped, { trainer: first }), { runtime: create() });
  const second = begin(model, crossEntropy, 2);
  second.loadStateDict(training?.trainer as never);
  expect([...before, ...(await losses(second, data.slice(3)))]).toEqual(seen);
  const files = [saveModel(whole, { trainer }), saveModel(model, { trainer: second })];
  expect(Buffer.compare(files[0], files[1])).toBe(0);
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  begin(model, crossEntropy, 3).loadStateDict(training?.trainer as never);
  expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/threads: 2 and continues with threads: 3/)]);
  warn.mockRestore();
}

/** Every thread draws masks of its own, and backward draws the same ones. */
async function checkMasks(runtime: Runtime) {
  const model = new Sequential(new Linear(1, 64, { runtime }), new Dropout(0.5, { runtime }));
  const outputs: Tensor[] = [];
  const loss = (output: Tensor) => {
    outputs.push(output);
    return { loss: 1, grad: { data: output.data.map(() => 1), shape: output.shape } };
  };
  const trainer = begin(model, loss, 3);
  const input = { data: new Float32Array(3).fill(1), shape: [3, 1] };
  await losses(trainer, [{ input, target: undefined as never }]);
  const [{ data }] = outputs;
  const masks = [0, 1, 2].map((n) => [...data.subarray(n * 64, (n + 1) * 64)].map((x) => x !== 0).join());
  expect(new Set(masks).size).toBe(3);
}

/** A loss that is not finite, in the middle of a batch whose states are reset. */
async function checkNothingChanged(runtime: Runtime) {
  const model = dropped(runtime);
  let broken = false;
  const loss = (output: Tensor, target: Integers) => {
    const result = crossEntropy(output, target, { runtime });
    return broken ? { ...result, grad: { ...result.grad, data: result.grad.data.fill(Number.NaN) } } : result;
  };
  const trainer = begin(model, loss, 2);
  await losses(trainer, [language(5)]);
  const before = saveModel(model, { trainer });
  broken = true;
  await expect(losses(trainer, [language(5, { reset: true })])).rejects.toThrow(
    /^step 2: .*NaN; nothing was/,
  );
  expect(Buffer.compare(saveModel(model, { trainer }), before)).toBe(0);
  broken = false;
  expect((await losses(trainer, [language(5)]))[0]).toBeLessThan(10);
}

function suite({ name, create }: Variant) {
  describe(`training on several threads [${name}]`, () => {
    it.each(Object.entries(CASES))('repeats, and agrees with one thread: %s', (_, one) =>
      checkCase(one, create),
    );
    it('resumes to the same bits', () => checkResumed(create));
    it('draws other masks in each thread', () => checkMasks(create()));
    it('changes nothing where a gradient is not finite', () => checkNothingChanged(create()));
  });
}

variants.forEach(suite);

it('one thread is what it was', async () => {
  const { create } = variants[0];
  const [plain, threaded] = [dropped(create()), dropped(create())];
  const batches = [language(5), language(5)];
  const trainer = begin(plain, crossEntropy, undefined as never);
  const seen = batches.map((batch) => trainer.trainStep(batch).loss);
  expect(await losses(begin(threaded, crossEntropy, 1), batches)).toEqual(seen);
  expectAllBits('weights', threaded.stateDict(), plain.stateDict());
  expectBits('bias', threaded.stateDict()['3.bias'], plain.stateDict()['3.bias']);
  expect(trainer.stateDict()).not.toHaveProperty('threads');
});
