import { describe, expect, it } from 'vitest';
import {
  loadModel,
  type NamedArray,
  readSafetensors,
  saveModel,
  type TrainingState,
  writeSafetensors,
} from '../../src/files/index.js';
import { Adam, GRU, Linear, LSTM, mse, RMSprop, SGD, Trainer, type TrainerState } from '../../src/index.js';
import { bad, expectRefusal, zeros } from '../helpers/refusals.js';

const batch = { input: zeros(2, 3, 2), target: { data: new Float32Array(6).fill(1), shape: [2, 3, 1] } };

/** A model in the middle of training, with everything that a checkpoint holds. */
function training() {
  const model = new LSTM(2, 1, { seed: 1 });
  const trainer = new Trainer(model, {
    loss: mse,
    optimizer: new Adam(model),
    accumulate: 2,
    validation: { batches: [batch], every: 1 },
    bestWeights: 'keep',
  });
  return { model, trainer };
}

async function checkpoint(): Promise<Uint8Array> {
  const { model, trainer } = training();
  for await (const _ of trainer.run([batch, batch]));
  trainer.trainStep(batch);
  return saveModel(model, { trainer });
}

interface Contents {
  tensors: Record<string, NamedArray>;
  metadata: Record<string, string>;
}

/** Loads a checkpoint with a change into another training. */
function resume(file: Uint8Array, edit: (contents: Contents) => void): void {
  const contents = readSafetensors(file) as Contents;
  edit(contents);
  const loaded = loadModel<LSTM>(writeSafetensors(contents.tensors, contents.metadata));
  const { model, trainer } = training();
  const before = [model.stateDict(), trainer.stateDict()];
  try {
    trainer.loadStateDict(loaded.training?.trainer as TrainerState);
  } finally {
    expect([model.stateDict(), trainer.stateDict()]).toEqual(before);
  }
}

const value =
  (name: string, to: number) =>
  ({ tensors }: Contents) => {
    expect(Object.keys(tensors)).toContain(name);
    (tensors[name]?.data as Float32Array)[1] = to;
  };

const state =
  (change: (state: Record<string, never>) => void) =>
  ({ metadata }: Contents) => {
    const all = JSON.parse(metadata['lstm-wasm.trainer'] as string);
    change(all);
    metadata['lstm-wasm.trainer'] = JSON.stringify(all);
  };

const number = (name: string, to: number) =>
  state(({ optimizer }) => {
    const [slot] = (optimizer as { slots: { numbers: Record<string, number> }[] }).slots;
    Object.assign(slot?.numbers ?? {}, { [name]: to });
  });

describe('checkpoints with damaged values change nothing', async () => {
  const file = await checkpoint();
  it.each<[string, (contents: Contents) => void, RegExp]>([
    ['NaN in a mean', value('optimizer/0/mean', Number.NaN), /mean expected finite values, got NaN at 1/],
    ['an infinite mean', value('optimizer/1/mean', Number.POSITIVE_INFINITY), /mean expected finite values/],
    ['NaN in a square', value('optimizer/0/square', Number.NaN), /square expected values from 0 up/],
    ['a negative square', value('optimizer/3/square', -1e-30), /square expected values from 0 up/],
    ['NaN in the best weights', value('best/0', Number.NaN), /weights\[0\]" expected finite values/],
    ['infinite best weights', value('best/2', Number.NEGATIVE_INFINITY), /weights\[2\]" expected finite/],
    ['NaN in accumulated gradients', value('accumulated/0', Number.NaN), /gradients\[0\]" expected finite/],
    ...[' ', '', '0x10', '1e3', '+1', '1.0', '-1', '9007199254740993', true, 3, null, [1]].map(
      (step): [string, (contents: Contents) => void, RegExp] => [
        `a step of ${JSON.stringify(step)}`,
        state((all) => Object.assign(all, { step })),
        /state\.step expected a whole number as text/,
      ],
    ),
    [
      'accumulated: {}',
      state((all) => Object.assign(all, { accumulated: {} })),
      /damaged: its arrays are not/,
    ],
    ['accumulated: 3', state((all) => Object.assign(all, { accumulated: 3 })), /damaged/],
    ['accumulated: null', state((all) => Object.assign(all, { accumulated: null })), /damaged/],
    ['monitor: 3', state((all) => Object.assign(all, { monitor: 3 })), /damaged/],
    ['a power above 1', number('beta2Power', 1.5), /beta2Power expected a product from 0 to 1, got 1\.5/],
    ['half a step', number('step', 0.5), /step expected a whole number from 0 up, got 0\.5/],
    [
      'sums of text',
      state((all) => Object.assign(all.accumulated, { sums: { a: 'x' } })),
      /state\.accumulated/,
    ],
    [
      'a negative divisor',
      state((all) => Object.assign(all.accumulated, { divisor: -1 })),
      /state\.accumulated/,
    ],
    [
      'a version without digits',
      ({ metadata }) => {
        metadata['lstm-wasm.version'] = '';
      },
      /not written by/,
    ],
    [
      'version 0',
      ({ metadata }) => {
        metadata['lstm-wasm.version'] = '0';
      },
      /not written by/,
    ],
    [
      'a version in hexadecimal',
      ({ metadata }) => {
        metadata['lstm-wasm.version'] = '0x1';
      },
      /not written by/,
    ],
  ])('%s', (_, edit, message) => {
    const refused = () => resume(file, edit);
    try {
      refused();
      expect.fail('nothing was refused');
    } catch (error) {
      expect(['RangeError', 'TypeError']).toContain((error as Error).name);
      expect((error as Error).message).toMatch(message);
    }
  });

  it('squares that have grown to Infinity go on', () => {
    const model = new LSTM(2, 1);
    const optimizer = new RMSprop(model);
    for (const parameter of model.parameters.values())
      parameter.writeGrad(new Float32Array(parameter.size).fill(1e30));
    optimizer.step();
    const saved = optimizer.stateDict();
    expect(saved.slots[0]?.arrays.square?.data[0]).toBe(Number.POSITIVE_INFINITY);
    optimizer.loadStateDict(saved);
    expect(optimizer.stateDict()).toEqual(saved);
  });

  it('NaN in any array of any optimizer', () => {
    for (const Kind of [SGD, RMSprop]) {
      const model = new Linear(2, 2);
      const optimizer = new Kind(model, { momentum: 0.5 });
      model.parameters.get('weight')?.writeGrad(new Float32Array(4).fill(1));
      optimizer.step();
      for (const name of Object.keys(optimizer.stateDict().slots[0]?.arrays ?? {})) {
        const saved = optimizer.stateDict();
        (saved.slots[0]?.arrays[name]?.data as Float32Array)[3] = Number.NaN;
        expectRefusal(() => optimizer.loadStateDict(saved), RangeError, new RegExp(`${name} expected`));
      }
    }
  });

  it('a state that changes between two reads', () => {
    const { trainer, model } = training();
    const { training: loaded } = loadModel(file);
    const { optimizer } = (loaded as TrainingState).trainer;
    const [first, ...others] = optimizer.slots;
    let reads = 0;
    const mean = first?.arrays.mean;
    const arrays = { ...first?.arrays };
    Object.defineProperty(arrays, 'mean', {
      get: () => (reads++ === 0 ? mean : { data: new Float32Array(9e6), shape: [9e6] }),
    });
    const before = model.stateDict();
    trainer.optimizer.loadStateDict(bad({ ...optimizer, slots: [{ ...first, arrays }, ...others] }));
    expect(model.stateDict()).toEqual(before);
    expect(trainer.optimizer.stateDict().slots[0]?.arrays.mean).toEqual(mean);
  });
});

/** A file of one small tensor whose model claims these layers. */
function claiming(model: unknown, tensors: Record<string, NamedArray> = { a: zeros(1) }): Uint8Array {
  const metadata = { version: '1', model: JSON.stringify(model), layers: '[]' };
  return writeSafetensors(
    tensors,
    Object.fromEntries(Object.entries(metadata).map(([key, text]) => [`lstm-wasm.${key}`, text])),
  );
}

describe('sizes are compared with the file before anything is allocated', () => {
  const lstm = { type: 'LSTM', inputSize: 1, hiddenSize: 1 };
  it.each<[string, unknown]>([
    ['hiddenSize', { ...lstm, hiddenSize: 16_000 }],
    ['inputSize', { ...lstm, inputSize: 1e8 }],
    ['numLayers', { ...lstm, numLayers: 1e6 }],
    ['numLayers of a GRU', { ...lstm, type: 'GRU', numLayers: 1e6, bidirectional: true }],
    ['projSize', { ...lstm, hiddenSize: 1e6, projSize: 100 }],
    ['hiddenSize of an RNN', { ...lstm, type: 'RNN', hiddenSize: 20_000 }],
    ['a Linear', { type: 'Linear', inFeatures: 1e4, outFeatures: 1e4 }],
    ['an Embedding', { type: 'Embedding', count: 1e6, size: 300 }],
    ['many layers', { type: 'Sequential', layers: Array(2000).fill({ ...lstm, hiddenSize: 300 }) }],
  ])('%s', (_, model) => {
    const begun = performance.now();
    const before = process.memoryUsage().rss;
    expectRefusal(
      () => loadModel(claiming(model)),
      RangeError,
      /needs memory for at least \d+ values.* holds 1/,
    );
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('layers nested without end', () => {
    let model: unknown = lstm;
    for (let n = 0; n < 1000; n++) model = { type: 'Sequential', layers: [model] };
    expectRefusal(() => loadModel(claiming(model)), RangeError, /at most 64 nested layers/);
  });

  it.each([[{ type: {} }], [{ type: ['LSTM'] }], [{ type: { toString: 3 } }], [{ type: 3 }], [{}], [[]]])(
    'a configuration %j has an unknown type',
    (model) =>
      expectRefusal(
        () => loadModel(claiming(model)),
        RangeError,
        /a layer of the unknown type .*; known: Activation/,
      ),
  );

  it('a whole model is read as before, up to the last option', () => {
    for (const model of [
      new LSTM(3, 4, { numLayers: 2, bidirectional: true }),
      new LSTM(3, 4, { numLayers: 3, projSize: 2 }),
      new LSTM(1, 2, { coupled: true, bias: false }),
      new GRU(1, 1, { bias: false, numLayers: 4 }),
    ])
      expect(loadModel(saveModel(model)).model.stateDict()).toEqual(model.stateDict());
  });
});

describe('costs of a checkpoint grow as it does', () => {
  it('thousands of slots', () => {
    const count = 20_000;
    const tensors: Record<string, NamedArray> = {};
    for (let n = 0; n < count; n++) tensors[`optimizer/${n}/mean`] = zeros(1);
    const slots = Array(count).fill({ numbers: {} });
    const trainer = { step: '1', variant: 'simd', optimizer: { type: 'Adam', groups: [{}], slots } };
    const contents = readSafetensors(saveModel(new Linear(1, 1))) as Contents;
    const file = writeSafetensors(
      { ...contents.tensors, ...tensors },
      { ...contents.metadata, 'lstm-wasm.trainer': JSON.stringify(trainer) },
    );
    const begun = performance.now();
    const { training: loaded } = loadModel(file);
    expect(loaded?.trainer.optimizer.slots).toHaveLength(count);
    expect(loaded?.trainer.optimizer.slots[9999]?.arrays.mean?.shape).toEqual([1]);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
