import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Batches, batches, lanes } from '../../src/data/index.js';
import { loadModel, saveModel } from '../../src/files/index.js';
import {
  Adam,
  AdamW,
  crossEntropy,
  Dropout,
  Embedding,
  type IntegerArray,
  type Layer,
  Linear,
  LSTM,
  type Optimizer,
  RMSprop,
  type Runtime,
  Sequential,
  SGD,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, expectBits, IDS, ids } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

const STOP = 100;
const END = 200;

type Ids = { data: IntegerArray; shape: readonly number[] };
type Batch = { input: Ids; target: Ids; reset?: boolean };
type Data = (runtime: Runtime) => Batches<Batch>;
type MakeOptimizer = (model: Layer) => Optimizer<{ lr: number }>;

/** The first parameter learns faster than the others, which decay more. */
function groupsOf(model: Layer) {
  const [first, ...rest] = model.parameters.values();
  return [
    { params: [first], lr: 0.02 },
    { params: rest, weightDecay: 0.1 },
  ];
}

const OPTIMIZERS: Record<string, MakeOptimizer> = {
  'SGD with momentum': (model) => new SGD(model, { lr: 0.05, momentum: 0.9 }),
  'SGD with nesterov and weight decay': (model) =>
    new SGD(model, { lr: 0.05, momentum: 0.8, nesterov: true, weightDecay: 0.001 }),
  'RMSprop, centered with momentum': (model) =>
    new RMSprop(model, { lr: 0.001, centered: true, momentum: 0.5, eps: 1e-4 }),
  Adam: (model) => new Adam(model, { lr: 0.01 }),
  'AdamW with groups': (model) => new AdamW(groupsOf(model), { lr: 0.005 }),
};

const DATA: Record<string, Data> = {
  // Seven batches an epoch: step 100 lies in the middle of the 15th.
  'shuffled batches': (runtime) => {
    const rows = { input: ids('input', 23, 6), target: ids('target', 23, 6) };
    return batches(rows, {
      batchSize: 3,
      dropLast: true,
      epochs: Number.POSITIVE_INFINITY,
      runtime,
    }) as Batches<Batch>;
  },
  // Fifteen batches an epoch, at whose beginning the states are reset.
  lanes: () => lanes(ids('text', 4 * 15 * 5 + 3), { batch: 4, steps: 5, epochs: Number.POSITIVE_INFINITY }),
};

interface Run {
  model: Layer;
  trainer: Trainer;
  data: Batches<Batch>;
}

function makeModel(runtime: Runtime) {
  return new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful: true, runtime }),
    new Dropout(0.4, { runtime }),
    new Linear(9, IDS, { runtime }),
  );
}

function begin(model: Layer, optimizer: MakeOptimizer, data: Data): Run {
  const trainer = new Trainer(model, {
    loss: crossEntropy as never,
    optimizer: optimizer(model),
    clipNorm: 1,
  });
  return { model, trainer, data: data(model.runtime) };
}

/** Goes on to a step, and gives the losses on the way. At step 60 the rate is halved, as a schedule would. */
async function train({ trainer, data }: Run, last: number): Promise<number[]> {
  const losses: number[] = [];
  for await (const { step, loss } of trainer.run(data)) {
    losses.push(loss);
    if (step === 60) for (const group of trainer.optimizer.groups) group.lr *= 0.5;
    if (step === last) break;
  }
  return losses;
}

const save = ({ model, trainer, data }: Run) =>
  saveModel(model, { trainer, batches: data, metadata: { text: 'aä€😀' } });

/** The run that a file holds, in a runtime whose first streams of random numbers others have. */
function resume(bytes: Uint8Array, runtime: Runtime, optimizer: MakeOptimizer, data: Data): Run {
  for (let n = 0; n < 3; n++) new Dropout(0.5, { runtime });
  const { model, training } = loadModel(bytes, { runtime });
  const run = begin(model, optimizer, data);
  if (training?.batches === undefined) return expect.fail('the file has no training state');
  run.trainer.loadStateDict(training.trainer);
  run.data.loadStateDict(training.batches);
  return run;
}

function expectSameRun(actual: Run, expected: Run): void {
  expect(actual.trainer.step).toBe(expected.trainer.step);
  const arrays = (run: Run) => {
    const { slots, ...rest } = run.trainer.optimizer.stateDict();
    const named = slots.flatMap((slot, n) =>
      Object.entries(slot?.arrays ?? {}).map(([name, array]) => [`${n} ${name}`, array] as const),
    );
    return {
      rest: { ...rest, numbers: slots.map((slot) => slot?.numbers) },
      named: Object.fromEntries(named),
    };
  };
  const [a, b] = [arrays(actual), arrays(expected)];
  expectAllBits('weights', actual.model.stateDict(), expected.model.stateDict());
  expectAllBits('optimizer', a.named, b.named);
  expect(a.rest).toEqual(b.rest);
  expect(actual.data.stateDict()).toEqual(expected.data.stateDict());
  expect(Buffer.compare(save(actual), save(expected)), 'files').toBe(0);
}

async function checkRepeated(create: Variant['create'], optimizer: MakeOptimizer, data: Data) {
  const runs = [create(), create()].map((runtime) => begin(makeModel(runtime), optimizer, data));
  const [losses, again] = [await train(runs[0], 40), await train(runs[1], 40)];
  expect(again).toEqual(losses);
  expectSameRun(runs[1], runs[0]);
}

async function checkResumed(create: Variant['create'], optimizer: MakeOptimizer, data: Data) {
  const whole = begin(makeModel(create()), optimizer, data);
  const stopped = begin(makeModel(create()), optimizer, data);
  const losses = await train(whole, END);
  const first = await train(stopped, STOP);
  const bytes = save(stopped);
  expect(Buffer.compare(save(stopped), bytes), 'saved twice').toBe(0);
  const resumed = resume(bytes, create(), optimizer, data);
  expect(Buffer.compare(save(resumed), bytes), 'loaded and saved again').toBe(0);
  const second = await train(resumed, END);
  expect([...first, ...second]).toEqual(losses);
  expectSameRun(resumed, whole);
  // What has been loaded does not live on what it was loaded from.
  bytes.fill(0);
  await train(whole, END + 10);
  await train(resumed, END + 10);
  expectSameRun(resumed, whole);
}

/** Two runs that take turns in one runtime do not disturb each other. */
async function checkInterleaved(create: Variant['create']) {
  const seeded = (runtime: Runtime) =>
    new Sequential(
      new Embedding(IDS, 5, { seed: 1, runtime }),
      new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful: true, seed: 2, runtime }),
      new Dropout(0.4, { seed: 3, runtime }),
      new Linear(9, IDS, { seed: 4, runtime }),
    );
  const alone = begin(seeded(create()), OPTIMIZERS.Adam, DATA['shuffled batches']);
  const runtime = create();
  const other = begin(makeModel(runtime), OPTIMIZERS.Adam, DATA.lanes);
  const one = begin(seeded(runtime), OPTIMIZERS.Adam, DATA['shuffled batches']);
  await train(alone, 12);
  for (let step = 1; step <= 12; step++) {
    await train(one, step);
    await train(other, step);
  }
  expectSameRun(one, alone);
}

async function checkFrozen(create: Variant['create'], optimizer: MakeOptimizer, frozen: string[]) {
  const run = begin(makeModel(create()), optimizer, DATA.lanes);
  for (const name of frozen) {
    const parameter = run.model.parameters.get(name) ?? expect.fail(name);
    parameter.requiresGrad = false;
  }
  const before = run.model.stateDict();
  await train(run, 10);
  for (const [name, parameter] of run.model.parameters) {
    const after = parameter.read();
    if (frozen.includes(name)) expectBits(name, after, before[name]);
    else expect(after, name).not.toEqual(before[name].data);
  }
}

/** A file keeps which parameters take no gradient. */
async function checkFrozenInFile(create: Variant['create'], optimizer: MakeOptimizer) {
  const frozen = ['0.weight', '1.weight_hh_l1', '3.bias'];
  const begun = () => {
    const run = begin(makeModel(create()), optimizer, DATA.lanes);
    for (const name of frozen) Object.assign(run.model.parameters.get(name) ?? {}, { requiresGrad: false });
    return run;
  };
  const [whole, stopped] = [begun(), begun()];
  const before = whole.model.stateDict();
  await train(whole, 20);
  await train(stopped, 10);
  const resumed = resume(save(stopped), create(), optimizer, DATA.lanes);
  const named = [...resumed.model.parameters].filter(([, one]) => !one.requiresGrad).map(([name]) => name);
  expect(named).toEqual(frozen);
  await train(resumed, 20);
  for (const name of frozen) expectBits(name, resumed.model.stateDict()[name], before[name]);
  expectSameRun(resumed, whole);
}

async function checkOtherBinary(from: Variant, to: Variant) {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const run = begin(makeModel(from.create()), OPTIMIZERS.Adam, DATA.lanes);
  await train(run, STOP);
  const bytes = save(run);
  const same = resume(bytes, from.create(), OPTIMIZERS.Adam, DATA.lanes);
  expect(warn).not.toHaveBeenCalled();
  const other = resume(bytes, to.create(), OPTIMIZERS.Adam, DATA.lanes);
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0][0]).toMatch(new RegExp(`${from.name} binary and continues on ${to.name}`));
  const [expected, losses] = [await train(same, END), await train(other, END)];
  expect(losses.length).toBe(expected.length);
  // The variants part slowly: the first steps agree, and learning goes on.
  expect(Math.abs(losses[0] - expected[0])).toBeLessThan(1e-4);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(other.trainer.step).toBe(END);
}

function suite({ name, create }: Variant) {
  describe(`resuming [${name}]`, () => {
    describe.each(Object.entries(DATA))('%s', (_, data) => {
      it.each(Object.entries(OPTIMIZERS))('%s: stopped at 100', (_, optimizer) =>
        checkResumed(create, optimizer, data),
      );
      it.each(Object.entries(OPTIMIZERS))('%s: repeated', (_, optimizer) =>
        checkRepeated(create, optimizer, data),
      );
    });
    it('two runs in one runtime', () => checkInterleaved(create));

    const names = [...makeModel(create()).parameters.keys()];
    it.each(names)('%s is restored where it needs no gradient', (one) =>
      checkFrozen(create, OPTIMIZERS['AdamW with groups'], [one]),
    );
    it.each(Object.entries(OPTIMIZERS))('%s: parameters without gradients are saved', (_, optimizer) =>
      checkFrozenInFile(create, optimizer),
    );
    it.each(Object.entries(OPTIMIZERS))('%s: all but the last layer stay', (_, optimizer) =>
      checkFrozen(
        create,
        optimizer,
        names.filter((one) => !one.startsWith('3.')),
      ),
    );
  });
}

variants.forEach(suite);

describe('resuming under the other binary', () => {
  afterEach(() => vi.restoreAllMocks());

  it.for([
    ['simd', 'relaxed'],
    ['relaxed', 'simd'],
  ])('warns and goes on, from %s to %s', async (names, { skip }) => {
    const [from, to] = names.map((name) => variants.find((variant) => variant.name === name));
    if (!from || !to) return skip('this engine runs one binary alone');
    await checkOtherBinary(from, to);
  });
});
