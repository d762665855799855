import { describe, expect, it } from 'vitest';
import { saveModel } from '../../src/files/index.js';
import {
  Adam,
  type Batch,
  crossEntropy,
  Embedding,
  type Integers,
  Linear,
  LSTM,
  type Metric,
  type Runtime,
  Sequential,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { IDS, ids } from '../helpers/bits.js';
import { thrownBy } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * Functions of the user that throw, or that try to change the model, wherever a trainer calls them: weights, optimizer, waiting
 * gradients and the count of steps stay those of one moment, and training goes on as if nothing had happened.
 */

type Options = Partial<TrainerOptions<Integers>>;
/** Called wherever the trainer calls a function of the user, with that function's name. */
type Hook = (place: string) => void;

const batch: Batch<Integers> = { input: ids('input', 3, 6), target: ids('target', 3, 6) };

function begin(runtime: Runtime, accumulate: number, hook: Hook, more: Options = {}) {
  const model = new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful: true, runtime }),
    new Linear(9, IDS, { runtime }),
  );
  const metric: Metric<Integers> = {
    better: 'lower',
    tally: () => {
      hook('metric.tally');
      return [1];
    },
    value: ([sum]) => {
      hook('metric.value');
      return sum;
    },
  };
  const options: Options = {
    accumulate,
    metrics: { metric },
    schedule: (step) => {
      hook('schedule');
      return 1 / (1 + step);
    },
    ...more,
  };
  const optimizer = new Adam(model, { lr: 0.01 });
  const loss: typeof crossEntropy = (...given) => {
    hook('loss');
    return crossEntropy(...given);
  };
  return new Trainer<Integers>(model, { loss, optimizer, ...options });
}

const everything = (trainer: Trainer<Integers>) => Buffer.from(saveModel(trainer.model, { trainer }));

/** Each call of each function throws once; nothing has changed then, and the same batch is trained on again. */
function checkThrows(create: Variant['create'], accumulate: number) {
  let calls = 0;
  let failing = -1;
  const trainer = begin(create(), accumulate, () => {
    if (calls++ === failing) throw new SyntaxError('mine');
  });
  const untroubled = begin(create(), accumulate, () => {});
  let thrown = 0;
  for (let n = 0; n < 2 * accumulate; n++) {
    const before = everything(trainer);
    for (failing = 0; ; failing++) {
      calls = 0;
      try {
        trainer.trainStep({ ...batch, reset: n === 2 });
        break;
      } catch (error) {
        expect((error as Error).message).toBe('mine');
        expect(Buffer.compare(everything(trainer), before)).toBe(0);
        thrown++;
      }
    }
    untroubled.trainStep({ ...batch, reset: n === 2 });
    expect(Buffer.compare(everything(trainer), everything(untroubled))).toBe(0);
  }
  // Loss, tally and value of each batch, and the schedule of each step.
  expect(thrown).toBe(2 * accumulate * 3 + 2);
  expect(trainer.step).toBe(2);
}

/** The same in a run, where a validation throws too: it stays due. */
async function checkRun(create: Variant['create']) {
  const held = [batch, { ...batch, reset: true }];
  const options: Options = {
    validation: { batches: held, every: 1, monitor: 'metric' },
    bestWeights: 'restore',
    earlyStopping: { patience: 9 },
  };
  let calls = 0;
  let failing = 0;
  const trainer = begin(
    create(),
    1,
    () => {
      if (calls++ === failing) throw new SyntaxError('mine');
    },
    options,
  );
  const untroubled = begin(create(), 1, () => {}, options);
  for (; trainer.step < 3 || failing >= 0; failing++) {
    calls = 0;
    try {
      for await (const { step, validation } of trainer.run(Array(3 - trainer.step).fill(batch)))
        expect(validation?.step ?? step).toBe(trainer.step);
      failing = -2;
    } catch (error) {
      expect((error as Error).message).toBe('mine');
      expect(trainer.stateDict().step).toBe(String(trainer.step));
    }
  }
  for await (const _ of untroubled.run([batch, batch, batch]));
  expect(trainer.best).toEqual(untroubled.best);
  expect(Buffer.compare(everything(trainer), everything(untroubled))).toBe(0);
}

/** A failed validation is reported when the next run repeats it, even if that run has no batch or ends by it. */
async function checkDue(create: Variant['create']) {
  for (const patience of [1, 9]) {
    let calls = 0;
    let failing = 0;
    // The loss is called in the step and in its validation, which fails the second time.
    const hook = () => {
      if (++calls === failing) throw new SyntaxError('mine');
    };
    const validation = { batches: [batch], every: 1 };
    const metric = { better: 'lower', tally: () => [1], value: () => 1 } as const;
    const more = { validation, earlyStopping: { patience, minDelta: 100 }, metrics: { metric } };
    const trainer = begin(create(), 1, hook, { ...more, schedule: () => 1 });
    const reported = [];
    for await (const progress of trainer.run([batch])) reported.push(progress);
    failing = calls + 2;
    await expect(trainer.run([batch]).next()).rejects.toThrow('mine');
    for await (const progress of trainer.run([])) reported.push(progress);
    expect(reported.map(({ step, validation }) => [step, validation?.step])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(reported[1].stopped).toBe(patience === 1 ? true : undefined);
    expect(trainer.step).toBe(2);
  }
}

const CHANGES: Record<string, (trainer: Trainer<Integers>) => unknown> = {
  zeroGrad: ({ model }) => model.zeroGrad(),
  'a recorded forward': ({ model }) => model.forward(batch.input, { record: true }),
  'loading weights': ({ model }) => model.loadStateDict(model.stateDict()),
  'writing weights': ({ model }) =>
    [...model.parameters.values()].map((one) => one.write(new Float32Array(one.size))),
  'a step of the optimizer': ({ optimizer }) => optimizer.step(),
  'a step of the trainer': (trainer) => trainer.trainStep(batch),
  'loading a state': (trainer) => trainer.loadStateDict(trainer.stateDict()),
  'saving a file': (trainer) => saveModel(trainer.model, { trainer }),
};

function checkRefused(create: Variant['create']) {
  const messages = new Set<string>();
  let trainer: Trainer<Integers> | undefined;
  const change = (place: string) => {
    for (const [name, act] of Object.entries(CHANGES))
      messages.add(`${place}, ${name}: ${thrownBy(() => act(trainer as Trainer<Integers>)).message}`);
  };
  trainer = begin(create(), 1, change);
  const untroubled = begin(create(), 1, () => {});
  for (const one of [trainer, untroubled]) for (let n = 0; n < 2; n++) one.trainStep(batch);
  expect(Buffer.compare(everything(trainer), everything(untroubled))).toBe(0);
  const places = ['loss', 'metric.tally', 'metric.value', 'schedule'];
  const expected = places.flatMap((place) =>
    Object.keys(CHANGES).map((name) => `${place}, ${name}: The model is busy: a training step is running`),
  );
  expect([...messages].sort()).toEqual(expected.sort());
}

/** The step fails where the model goes; its memory is free afterwards, and another model's is not touched. */
function checkDisposed(runtime: Runtime, at: string) {
  let trainer: Trainer<Integers> | undefined;
  trainer = begin(runtime, 1, (place) => place === at && trainer?.model.dispose());
  const other = begin(runtime, 1, () => {});
  const before = everything(other);
  expect(() => trainer?.trainStep(batch)).toThrow(/^this (Embedding|LSTM|Linear|Sequential) was disposed of/);
  expect(trainer.step).toBe(0);
  expect(Buffer.compare(everything(other), before)).toBe(0);
  other.trainStep(batch);
}

function suite({ name, create }: Variant) {
  describe(`functions of the user [${name}]`, () => {
    it.each([1, 3])('that throw, with accumulate: %i', (accumulate) => checkThrows(create, accumulate));
    it('that throw in a run', () => checkRun(create));
    it('that throw in a validation', () => checkDue(create));
    it('cannot change the model', () => checkRefused(create));
    it.each(['loss', 'metric.tally', 'metric.value', 'schedule'])('that dispose of the model: %s', (at) =>
      checkDisposed(create(), at),
    );
  });
}

variants.forEach(suite);
