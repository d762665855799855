import { describe, expect, it } from 'vitest';
import { lanes } from '../../src/data/index.js';
import { loadModel, saveModel } from '../../src/files/index.js';
import {
  Adam,
  accuracy,
  type Batch,
  crossEntropy,
  Dropout,
  Embedding,
  type Integers,
  Linear,
  LSTM,
  type Progress,
  type Runtime,
  Sequential,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { IDS, ids } from '../helpers/bits.js';
import { progressOf } from '../helpers/progress.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

type Options = Partial<TrainerOptions<Integers>>;

const text = ids('text', 200);
const training = () => lanes(text, { batch: 4, steps: 7, epochs: 3 });
const held = () => lanes(ids('held', 90), { batch: 2, steps: 6 });

/** A language model with dropout that carries its state. */
function begin(runtime: Runtime, options: Options = {}, stateful = true) {
  const model = new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful, runtime }),
    new Dropout(0.4, { runtime }),
    new Linear(9, IDS, { runtime }),
  );
  const optimizer = new Adam(model, { lr: 0.01 });
  return new Trainer<Integers>(model, { loss: crossEntropy, optimizer, ...options });
}

const file = (trainer: Trainer<never> | Trainer<Integers>) =>
  Buffer.from(saveModel(trainer.model, { trainer: trainer as never }));

/** With validations and without, training goes the same way, to the bit; what is drawn, carried and counted too. */
async function checkUntouched(create: Variant['create'], stateful: boolean) {
  const reset = (batch: Batch<Integers>) => ({ ...batch, reset: true });
  const data = () => (stateful ? training() : [...training()].map(reset));
  const plain = begin(create(), {}, stateful);
  const watched = begin(create(), { validation: { batches: held(), every: 2 } }, stateful);
  const [expected, seen] = [await progressOf(plain, data()), await progressOf(watched, data())];
  const learnt = ({ step, loss, gradNorm }: Progress) => ({ step, loss, gradNorm });
  expect(seen.map(learnt)).toEqual(expected.map(learnt));
  expect(seen.filter(({ validation }) => validation).map(({ step }) => step)).toEqual(
    seen.map(({ step }) => step).filter((step) => step % 2 === 0),
  );
  const { monitor, ...state } = watched.stateDict();
  expect(state).toEqual(plain.stateDict());
  expect(Buffer.compare(saveModel(watched.model), saveModel(plain.model))).toBe(0);
  // Nor does a look from outside, in the middle of a step's gradients.
  const before = file(watched);
  for (const parameter of watched.model.parameters.values())
    parameter.writeGrad(new Float32Array(parameter.size).fill(3));
  await watched.evaluate(held());
  expect(Buffer.compare(file(watched), before)).toBe(0);
  for (const parameter of watched.model.parameters.values()) {
    expect(new Set(parameter.readGrad())).toEqual(new Set([3]));
  }
}

/** What validation gives is the loss of the whole text in one: the states are carried on, nothing is dropped. */
async function checkCarried(runtime: Runtime) {
  const trainer = begin(runtime, { metrics: { right: accuracy() } });
  const { loss, metrics } = await trainer.evaluate(held());
  const batches = [...held()];
  expect(batches.length).toBeGreaterThan(5);
  // Two lanes of many windows as two sequences.
  const steps = 6 * batches.length;
  const join = (key: 'input' | 'target') => {
    const data = new Int32Array(2 * steps);
    for (const [n, batch] of batches.entries()) {
      const window = (batch[key] as { data: Int32Array }).data;
      for (const b of [0, 1]) data.set(window.subarray(b * 6, b * 6 + 6), b * steps + n * 6);
    }
    return { data, shape: [2, steps] };
  };
  const whole = await trainer.evaluate([{ input: join('input'), target: join('target') }]);
  expect(loss).toBeCloseTo(whole.loss, 6);
  expect(metrics).toEqual(whole.metrics);
  const { output } = trainer.model.forward(join('input'));
  expect(whole.loss).toBe(crossEntropy(output, join('target'), { runtime }).loss);
}

/** Batches of different sizes, masks and ignored targets: the mean over all that counts, as if it were one batch. */
async function checkWeighted(runtime: Runtime) {
  const trainer = begin(runtime, {}, false);
  const [input, target] = [ids('i', 5, 4), ids('t', 5, 4)];
  target.data.fill(-100, 6, 13);
  const part = (from: number, to: number): Batch<Integers> => ({
    input: { data: input.data.slice(from * 4, to * 4), shape: [to - from, 4] },
    target: { data: target.data.slice(from * 4, to * 4), shape: [to - from, 4] },
  });
  const whole = await trainer.evaluate([part(0, 5)]);
  const parts = await trainer.evaluate([part(0, 1), part(1, 5)]);
  expect(parts.loss).toBeCloseTo(whole.loss, 6);
  const masked = await trainer.evaluate([{ ...part(0, 5), mask: new Uint8Array(20).fill(1, 0, 4) }]);
  expect(masked.loss).toBeCloseTo((await trainer.evaluate([part(0, 1)])).loss, 6);
}

/** Each epoch, in whatever batches know it; the last one too, and the validation's own place never matters. */
async function checkEpochs(runtime: Runtime) {
  const validation = { batches: held() };
  const steps = (all: Progress[]) => all.filter((one) => one.validation).map(({ step }) => step);
  const { length } = training();
  expect(steps(await progressOf(begin(runtime, { validation }), training()))).toEqual([
    length,
    2 * length,
    3 * length,
  ]);
  const array = [...lanes(text, { batch: 4, steps: 7 })];
  const trainer = begin(runtime, { validation });
  expect(steps(await progressOf(trainer, array))).toEqual([length]);
  expect(steps(await progressOf(trainer, array))).toEqual([2 * length]);
  // Left in its middle and at its end: it begins anew.
  const [first, second] = [held(), held()];
  for (const _ of first) break;
  for (const _ of second);
  const place = first.stateDict();
  const fresh = await trainer.evaluate(held());
  expect(await trainer.evaluate(first)).toEqual(fresh);
  expect(await trainer.evaluate(second)).toEqual(fresh);
  expect(first.stateDict()).toEqual(place);
  expect([...second].length, 'begins anew as it would have').toBe(held().length);
  function* generator() {
    yield* array;
  }
  await expect(progressOf(trainer, generator())).rejects.toThrow(
    /^batches expected .*batches\(\).*every: 'epoch'/,
  );
  const counted = begin(runtime, { validation: { batches: array, every: 3 } });
  expect(steps(await progressOf(counted, generator()))).toEqual([3, 6]);
}

/** A metric where more is better, by its name. */
async function checkMonitor(runtime: Runtime) {
  const trainer = begin(runtime, {
    metrics: { right: accuracy() },
    validation: { batches: held(), every: 1, monitor: 'right' },
    bestWeights: 'keep',
  });
  const all = await progressOf(trainer, training());
  const values = all.map(({ validation }) => validation?.metrics.right as number);
  expect(trainer.best).toEqual({ step: values.indexOf(Math.max(...values)) + 1, value: Math.max(...values) });
  trainer.restoreBest();
  expect((await trainer.evaluate(held())).metrics.right).toBe(trainer.best?.value);
}

/** A validation that was aborted is still due: continuing from there gives the same results. */
async function checkAborted(create: Variant['create']) {
  const options = {
    validation: { batches: held(), every: 4 },
    earlyStopping: { patience: 50 },
    bestWeights: 'keep' as const,
  };
  const whole = begin(create(), options);
  await progressOf(whole, training());
  const controller = new AbortController();
  let asked = 0;
  const loss: typeof crossEntropy = (...given) => {
    // Eight steps, and the validation after the fourth: the third batch of the next.
    if (++asked === 8 + held().length + 3) controller.abort(new Error('enough'));
    return crossEntropy(...given);
  };
  const runtime = create();
  const stopped = begin(runtime, { ...options, loss });
  const data = training();
  const run = async () => {
    for await (const _ of stopped.run(data, { signal: controller.signal }));
  };
  await expect(run()).rejects.toThrow('enough');
  expect(stopped.step).toBe(8);
  const bytes = saveModel(stopped.model, { trainer: stopped, batches: data });
  const loaded = loadModel<Sequential>(bytes, { runtime: create() });
  const resumed = new Trainer<Integers>(loaded.model, {
    ...{ loss: crossEntropy, optimizer: new Adam(loaded.model), ...options },
  });
  const rest = training();
  if (!loaded.training?.batches) return expect.fail('no training');
  resumed.loadStateDict(loaded.training.trainer);
  rest.loadStateDict(loaded.training.batches);
  const [first] = await progressOf(resumed, rest);
  expect([first.step, first.validation?.step]).toEqual([9, 8]);
  expect(resumed.best).toEqual(whole.best);
  expect(Buffer.compare(file(resumed), file(whole))).toBe(0);
}

async function checkSignal(runtime: Runtime) {
  const trainer = begin(runtime);
  const reason = new RangeError('no');
  await expect(trainer.evaluate(held(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const refused: [unknown, unknown, RegExp][] = [
    [3, {}, /^batches expected an iterable/],
    [[], {}, /^batches .* at least one.* got none/],
    [[3], {}, /^batch expected \{ input, target \}, got 3/],
    [held(), { sgnal: 1 }, /did you mean "signal"/],
  ];
  for (const [data, options, message] of refused)
    await expect(trainer.evaluate(data as never, options as never)).rejects.toThrow(message);
}

const one: Batch<Integers> = { input: ids('x', 1, 3), target: ids('y', 1, 3) };

const REFUSALS: [string, unknown, new () => Error, RegExp][] = [
  ['validation of an array', { validation: [one] }, TypeError, /^validation: options expected an object/],
  [
    'another option',
    { validation: { batch: [one] } },
    TypeError,
    /unknown option "batch"; did you mean "batches"/,
  ],
  ['no batches', { validation: { batches: 3 } }, TypeError, /^validation\.batches expected an iterable/],
  [
    'every 0',
    { validation: { batches: [one], every: 0 } },
    RangeError,
    /^validation\.every expected a whole number/,
  ],
  [
    'every day',
    { validation: { batches: [one], every: 'day' } },
    RangeError,
    /^validation\.every expected one of epoch/,
  ],
  [
    'an unknown monitor',
    { validation: { batches: [one], monitor: 'acuracy' }, metrics: { accuracy: accuracy() } },
    RangeError,
    /^monitor expected the loss or a metric, got "acuracy"; did you mean "accuracy"/,
  ],
  [
    'a metric of the name loss',
    { metrics: { loss: accuracy() } },
    TypeError,
    /^metrics expected names other than "loss"/,
  ],
  [
    'the function for a metric',
    { metrics: { right: accuracy } },
    TypeError,
    /^metrics\.right .* got a function/,
  ],
  [
    'stopping without validation',
    { earlyStopping: { patience: 1 } },
    TypeError,
    /^earlyStopping expected validation/,
  ],
  ['best of none', { bestWeights: 'keep' }, TypeError, /^bestWeights expected validation/],
  [
    'no patience',
    { validation: { batches: [one] }, earlyStopping: {} },
    TypeError,
    /^earlyStopping\.patience expected a whole/,
  ],
  [
    'a delta below 0',
    { validation: { batches: [one] }, earlyStopping: { patience: 1, minDelta: -1 } },
    RangeError,
    /minDelta expected/,
  ],
  [
    'another word',
    { validation: { batches: [one] }, bestWeights: 'kept' },
    RangeError,
    /^bestWeights expected one of keep, restore.*"keep"/,
  ],
];

function suite({ name, create }: Variant) {
  describe(`validation [${name}]`, () => {
    it.each([true, false])('touches nothing, stateful: %s', (stateful) => checkUntouched(create, stateful));
    it('carries states on', () => checkCarried(create()));
    it('weighs batches by what counts', () => checkWeighted(create()));
    it('comes with each epoch', () => checkEpochs(create()));
    it('monitors a metric', () => checkMonitor(create()));
    it('that is aborted is made up for', () => checkAborted(create));
    it('has a signal, and refuses what is no batch', () => checkSignal(create()));
    it.each(REFUSALS)('refuses %s', (_, options, error, message) =>
      expectRefusal(() => begin(create(), options as Options), error, message),
    );
  });
}

variants.forEach(suite);
