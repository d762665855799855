import { beforeAll, describe, expect, it, vi } from 'vitest';
import { batches } from '../../src/data/index.js';
import { saveModel } from '../../src/files/index.js';
import {
  Adam,
  createRuntime,
  Linear,
  LSTM,
  mse,
  Sequential,
  setDefaultRuntime,
  Trainer,
} from '../../src/index.js';
import { gradientFlow } from '../../src/inspect/index.js';
import { trainInWorker } from '../../src/worker.js';

/* Objects of a second copy of the package, as a page has it that loads the bundled one and a standalone file. */

let other: typeof import('../../src/index.js');
let otherData: typeof import('../../src/data/index.js');

beforeAll(async () => {
  vi.resetModules();
  other = await import('../../src/index.js');
  otherData = await import('../../src/data/index.js');
});

const input = { data: new Float32Array(2), shape: [1, 2] };
const target = { data: new Float32Array(1), shape: [1, 1] };

describe('what another copy made is refused, and the message says so', () => {
  const trainer = () => {
    const model = new Linear(2, 1);
    return new Trainer(model, { loss: mse, optimizer: new Adam(model) });
  };
  it.each<[string, RegExp, () => unknown]>([
    [
      'a layer of a Sequential',
      /layers\[1\].*an LSTM/,
      () => new Sequential(new LSTM(1, 1), new other.LSTM(1, 1)),
    ],
    ['a runtime', /runtime.*a Runtime/, () => new LSTM(1, 1, { runtime: other.createRuntime() })],
    ['a default runtime', /runtime.*a Runtime/, () => setDefaultRuntime(other.createRuntime())],
    ['the model of an optimizer', /a Parameter/, () => new Adam(new other.Linear(1, 1))],
    ['the model of a file', /model.*a GRU/, () => saveModel(new other.GRU(1, 1))],
    [
      'an optimizer',
      /optimizer.*an Adam/,
      () => new Trainer(new Linear(1, 1), { loss: mse, optimizer: new other.Adam(new other.Linear(1, 1)) }),
    ],
    [
      'the model of gradientFlow',
      /gradientFlow: model.*an LSTM/,
      () => gradientFlow(new other.LSTM(2, 1), { input, target }, { loss: mse }),
    ],
    [
      'a trainer',
      /trainer.*a Trainer/,
      () => {
        const model = new other.Linear(2, 1);
        const theirs = new other.Trainer(model, { loss: other.mse, optimizer: new other.Adam(model) });
        return trainInWorker(theirs, batches({ input, target }, { batchSize: 1 }));
      },
    ],
    [
      'batches',
      /batches.*a Batches/,
      () => trainInWorker(trainer(), otherData.batches({ input, target }, { batchSize: 1 })),
    ],
  ])('%s', (_, named, call) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/two copies of lstm-wasm are loaded/);
    expect(call).toThrow(named);
  });

  it('but nothing of its own kind is', () => {
    expect(() => new Sequential(new Linear(1, 1), {} as never)).not.toThrow(/two copies/);
    expect(() => new LSTM(1, 1, { runtime: new LSTM(1, 1) as never })).not.toThrow(/two copies/);
    expect(() => setDefaultRuntime({} as never)).toThrow(/got an object/);
    expect(() => createRuntime({ binary: new LSTM(1, 1) as never })).toThrow(/got an LSTM/);
  });
});
