import { describe, expect, it } from 'vitest';
import { saveModel } from '../../src/files/index.js';
import {
  Adam,
  type Batch,
  crossEntropy,
  Dropout,
  Embedding,
  type Integers,
  Linear,
  type Loss,
  LSTM,
  type Runtime,
  Sequential,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { expectBits, IDS, ids, tensor } from '../helpers/bits.js';
import { thrownBy } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

type Options = Partial<TrainerOptions<Integers>>;

const batch: Batch<Integers> = { input: ids('input', 3, 6), target: ids('target', 3, 6) };

function begin(runtime: Runtime, options: Options = {}, dropout = 0) {
  const model = new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout, stateful: true, runtime }),
    new Dropout(dropout, { runtime }),
    new Linear(9, IDS, { runtime }),
  );
  const optimizer = new Adam(model, { lr: 0.01 });
  return new Trainer<Integers>(model, { loss: crossEntropy, optimizer, ...options });
}

/** All there is: weights, optimizer, carried states, step, generators. */
const everything = (trainer: Trainer<Integers>) => Buffer.from(saveModel(trainer.model, { trainer }));

/** A loss that is what `spoil` makes of cross-entropy's. */
function spoilt(spoil: (loss: number, grad: Float32Array) => number): Loss<Integers> {
  return (output, target, options) => {
    const { loss, grad } = crossEntropy(output, target, options);
    return { loss: spoil(loss, grad.data), grad };
  };
}

/** A loss that goes wrong at its sixth call, and what the message says of it. */
const failures: [what: string, loss: Loss<Integers>, message: RegExp][] = [
  ['a loss of NaN', spoilt(() => Number.NaN), /^step 6: .*loss.* NaN/],
  ['a loss of Infinity', spoilt(() => Number.POSITIVE_INFINITY), /^step 6: .*loss.* Infinity/],
  ['a loss of -Infinity', spoilt(() => Number.NEGATIVE_INFINITY), /^step 6: .*loss.* -Infinity/],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(
    (value): [string, Loss<Integers>, RegExp] => [
      `one gradient of ${value}`,
      spoilt((loss, grad) => {
        grad[17] = value;
        return loss;
      }),
      /^step 6: .*gradient/,
    ],
  ),
  [
    'gradients that overflow',
    spoilt((loss, grad) => {
      grad.fill(3e38);
      return loss;
    }),
    /^step 6: .*gradient/,
  ],
  [
    'a loss that throws',
    () => {
      throw new SyntaxError('step 6: of its own');
    },
    /^step 6: of its own/,
  ],
  [
    'a gradient of another shape',
    (output, target, options) => ({
      ...crossEntropy(output, target, options),
      grad: { data: new Float32Array(4), shape: [2, 2] },
    }),
    /output/,
  ],
];

const clippings: Options[] = [{}, { clipNorm: 1 }, { clipValue: 0.01 }, { clipNorm: 1, clipValue: 0.01 }];

function checkFailure(create: () => Runtime, failing: Loss<Integers>, message: RegExp, more: Options) {
  let calls = 0;
  const loss: Loss<Integers> = (...given) => (++calls === 6 ? failing : crossEntropy)(...given);
  const [trainer, untroubled] = [begin(create(), { ...more, loss }), begin(create(), more)];
  for (let n = 0; n < 5; n++) trainer.trainStep(batch);
  const before = everything(trainer);
  const thrown = thrownBy(() => trainer.trainStep({ ...batch, reset: true }));
  expect(thrown.message).toMatch(message);
  expect(trainer.step).toBe(5);
  expect(Buffer.compare(everything(trainer), before), 'nothing was changed').toBe(0);
  for (const [name, parameter] of trainer.model.parameters)
    expectBits(`gradient of ${name}`, parameter.readGrad(), new Float32Array(parameter.size));
  expect(() => trainer.model.backward({ output: tensor('d', 3, 6, IDS) })).toThrow(/record/);
  for (let n = 0; n < 3; n++) trainer.trainStep(batch);
  for (let n = 0; n < 8; n++) untroubled.trainStep(batch);
  expect(Buffer.compare(everything(trainer), everything(untroubled)), 'it goes on').toBe(0);
}

/** Masks are drawn in a step that fails, too: the next step is to draw the same ones. */
function checkGenerators(runtime: Runtime) {
  let failing = true;
  const loss = spoilt((loss) => (failing ? Number.NaN : loss));
  const trainer = begin(runtime, { loss }, 0.5);
  const before = everything(trainer);
  expect(() => trainer.trainStep(batch)).toThrow(/^step 1: .*loss.* NaN/);
  expect(Buffer.compare(everything(trainer), before), 'nothing was changed').toBe(0);
  failing = false;
  expect(trainer.trainStep(batch).step).toBe(1);
}

async function checkProgress(create: () => Runtime) {
  const trainer = begin(create());
  const { loss } = crossEntropy(trainer.model.forward(batch.input).output, batch.target);
  const reports = [];
  for await (const progress of trainer.run([batch, batch])) reports.push({ ...progress, at: trainer.step });
  expect(reports.map(({ step, at }) => [step, at])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(reports[0].loss).toBeCloseTo(loss, 6);
  expect(reports[1].loss).toBeLessThan(loss);
}

/** Each step reports the norm of the gradients before any clipping. */
function checkGradNorm(create: () => Runtime) {
  const [plain, ...clipped] = clippings.map((options) => begin(create(), options).trainStep(batch).gradNorm);
  expect(plain).toBeGreaterThan(0.02);
  expect(clipped).toEqual(clipped.map(() => plain));
}

/** The gradients of the step are those of its batch alone. */
function checkStaleGradients(create: () => Runtime) {
  const [trainer, untroubled] = [begin(create()), begin(create())];
  const { output } = trainer.model.forward(batch.input, { record: true });
  trainer.model.backward({ output });
  trainer.model.zeroGrad();
  for (const layer of (trainer.model as Sequential).layers) if (layer instanceof LSTM) layer.resetState();
  trainer.trainStep(batch);
  untroubled.trainStep(batch);
  expect(Buffer.compare(everything(trainer), everything(untroubled))).toBe(0);
}

/** Whatever lies in the gradients when the first step begins: it is not part of it. */
const leftovers: Record<string, (model: Sequential) => void> = {
  'a backward': (model) => {
    const { output } = model.forward(batch.input, { record: true });
    model.backward({ output });
  },
  'two backwards': (model) => {
    for (let n = 0; n < 2; n++) leftovers['a backward'](model);
  },
  'a forward that waits for its backward': (model) => {
    model.forward(batch.input, { record: true });
  },
  writeGrad: (model) => {
    for (const parameter of model.parameters.values())
      parameter.writeGrad(new Float32Array(parameter.size).fill(3));
  },
  'writeGrad of NaN': (model) => {
    for (const parameter of model.parameters.values())
      parameter.writeGrad(new Float32Array(parameter.size).fill(Number.NaN));
  },
};

function checkLeftovers(create: () => Runtime, leave: (model: Sequential) => void, options: Options) {
  const [trainer, fresh] = [begin(create(), options), begin(create(), options)];
  const model = trainer.model as Sequential;
  leave(model);
  for (const layer of model.layers) if (layer instanceof LSTM) layer.resetState();
  for (let step = 1; step <= 3; step++) {
    expect(trainer.trainStep(batch)).toEqual(fresh.trainStep(batch));
    expect(Buffer.compare(everything(trainer), everything(fresh)), `step ${step}`).toBe(0);
  }
  expect(() => model.backward({ output: tensor('d', 3, 6, IDS) })).toThrow(/record/);
}

function suite({ name, create }: Variant) {
  describe(`training step by step [${name}]`, () => {
    describe.each(clippings)('that fails, with %o', (options) => {
      it.each(failures)('%s', (_, loss, message) => checkFailure(create, loss, message, options));
    });
    it('a failing step draws no masks', () => checkGenerators(create()));
    it('progress', () => checkProgress(create));
    it('the norm before clipping', () => checkGradNorm(create));
    it('after gradients of other use', () => checkStaleGradients(create));
    it.each(Object.entries(leftovers))('the first after %s', (_, leave) => {
      checkLeftovers(create, leave, {});
      checkLeftovers(create, leave, { clipNorm: 0.01 });
    });
  });
}

variants.forEach(suite);
