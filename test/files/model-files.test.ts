import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { batches } from '../../src/data/index.js';
import {
  loadModel,
  loadModelFile,
  saveModel,
  saveModelFile,
  writeSafetensors,
} from '../../src/files/index.js';
import {
  Activation,
  type ActivationName,
  Dropout,
  Embedding,
  type Layer,
  Linear,
  LSTM,
  RNN,
  type Runtime,
  Sequential,
} from '../../src/index.js';
import * as none from '../../src/runtime/disk.none.js';
import { expectAllBits, expectBits, ids, tensor } from '../helpers/bits.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const LAYERS: Record<string, (runtime: Runtime) => Layer> = {
  LSTM: (runtime) => new LSTM(3, 5, { numLayers: 2, dropout: 0.25, stateful: true, runtime }),
  'LSTM without': (runtime) =>
    new LSTM(3, 5, { bias: false, returnSequences: false, timeMajor: true, init: 'keras', runtime }),
  RNN: (runtime) => new RNN(3, 5, { nonlinearity: 'relu', numLayers: 3, runtime }),
  Linear: (runtime) => new Linear(3, 4, { runtime }),
  'Linear without': (runtime) => new Linear(3, 4, { bias: false, runtime }),
  Dropout: (runtime) => new Dropout(0.1, { runtime }),
  ...Object.fromEntries(
    (['tanh', 'sigmoid', 'relu', 'exponential'] as ActivationName[]).map((name) => [
      name,
      (runtime: Runtime) => new Activation(name, { runtime }),
    ]),
  ),
  Sequential: (runtime) =>
    new Sequential(
      new Linear(3, 4, { runtime }),
      new Sequential(new LSTM(4, 4, { runtime }), new Dropout(0.5, { runtime })),
      new RNN(4, 2, { runtime }),
    ),
};

/** In a runtime of its own, whose random numbers have gone on. */
function checkLayer({ create }: Variant, make: (runtime: Runtime) => Layer) {
  const layer = make(create());
  const input = tensor('input', 4, 6, 3);
  for (let n = 0; n < 2; n++) layer.forward(input, { training: true });
  layer.zeroGrad();
  const bytes = saveModel(layer, {
    metadata: { __proto__: 'a', text: 'ä€😀', 'lstm-wasm.version': '9', '': '' },
  });
  const runtime = create();
  new LSTM(7, 7, { dropout: 0.5, numLayers: 2, runtime });
  const { model, metadata, training } = loadModel(bytes.buffer as ArrayBuffer, { runtime });
  expect(training).toBeUndefined();
  expect(metadata).toEqual({ text: 'ä€😀', 'lstm-wasm.version': '9', '': '' });
  expect(model.constructor).toBe(layer.constructor);
  expect(model.runtime).toBe(runtime);
  expectAllBits('parameters', model.stateDict(), layer.stateDict());
  expectBits('output', model.forward(input).output, layer.forward(input).output);
  const [a, b] = [model, layer].map((one) => one.forward(input, { training: true }).output);
  expectBits('output in training', a, b);
}

/** Each parameter in turn needs no gradient. */
function checkFrozen({ create }: Variant, make: (runtime: Runtime) => Layer) {
  const layer = make(create());
  for (const [name, parameter] of layer.parameters) {
    parameter.requiresGrad = false;
    const { model } = loadModel(saveModel(layer), { runtime: create() });
    for (const [key, loaded] of model.parameters) expect(loaded.requiresGrad, key).toBe(key !== name);
    const { output } = model.forward(tensor('input', 4, 6, 3), { record: true });
    model.backward({ output });
    const gradient = model.parameters.get(name)?.readGrad() ?? expect.fail(name);
    expectBits(`gradient of ${name}`, gradient, new Float32Array(parameter.size));
    parameter.requiresGrad = true;
  }
}

/** What is loaded replaces what would have been drawn: drawing it is work for nothing. */
function checkNothingDrawn({ create }: Variant) {
  const make = (runtime: Runtime) =>
    new Sequential(
      new Embedding(1000, 8, { runtime }),
      new LSTM(8, 5, { init: 'keras', runtime }),
      new RNN(5, 5, { runtime }),
      new Linear(5, 3, { runtime }),
    );
  const runtime = create();
  const fills = ['fillNormal', 'fillUniform', 'fillOrthogonal'] as const;
  const spies = Object.fromEntries(fills.map((name) => [name, vi.fn(runtime.core[name])]));
  Object.assign(runtime, { core: { ...runtime.core, ...spies } });
  const model = make(runtime);
  for (const name of fills) expect(spies[name], name).toHaveBeenCalled();
  const bytes = saveModel(model);
  vi.clearAllMocks();
  const { model: loaded } = loadModel(bytes, { runtime });
  for (const name of fills) expect(spies[name], name).not.toHaveBeenCalled();
  expectAllBits('parameters', loaded.stateDict(), model.stateDict());
}

function suite(variant: Variant) {
  const { name, create } = variant;
  describe(`model files [${name}]`, () => {
    it.each(Object.entries(LAYERS))('%s', (_, make) => checkLayer(variant, make));
    it.each(Object.entries(LAYERS))('%s that is partly frozen', (_, make) => checkFrozen(variant, make));
    it('loading draws nothing', () => checkNothingDrawn(variant));
    it('batches without a trainer', () => {
      const runtime = create();
      const data = batches({ input: ids('a', 6, 3), target: ids('b', 6) }, { batchSize: 2, runtime });
      const model = new LSTM(3, 5, { runtime });
      // Refused, not lost: the state of training is one.
      expectRefusal(() => saveModel(model, { batches: data }), TypeError, /^batches expected a trainer/);
    });
    it('a file of others', () => {
      const foreign = writeSafetensors(new LSTM(3, 5, { runtime: create() }).stateDict(), { format: 'pt' });
      expectRefusal(() => loadModel(foreign), RangeError, /not written by saveModel: .*LSTM\.fromStateDict/);
    });
  });
}

variants.forEach(suite);

/** What the next opened file fails at, after half of it was written. */
let failing: 'writeFile' | 'sync' | undefined;

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  const open = async (...given: Parameters<typeof fs.open>) => {
    const file = await fs.open(...given);
    if (failing === undefined) return file;
    const { writeFile } = file;
    file[failing] = async (data?: unknown) => {
      if (data instanceof Uint8Array) await writeFile.call(file, data.subarray(0, data.length / 2));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    return file;
  };
  return { ...fs, open, default: { ...fs, open } };
});

describe('model files on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-'));
  const path = join(folder, 'model.safetensors');
  const model = new LSTM(3, 5);
  beforeEach(() => {
    failing = undefined;
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const files = () => readdirSync(folder).sort();

  it.each([
    ['path', path],
    ['URL', pathToFileURL(join(folder, 'a b#ä%.safetensors'))],
  ])('there and back by %s', async (_, where) => {
    await saveModelFile(where, model, { metadata: { text: 'abc' } });
    expect(files().length).toBe(1);
    expect(Buffer.compare(readFileSync(where), saveModel(model, { metadata: { text: 'abc' } }))).toBe(0);
    const loaded = await loadModelFile(where);
    expectAllBits('weights', loaded.model.stateDict(), model.stateDict());
    expect(loaded.metadata).toEqual({ text: 'abc' });
  });

  it.each(['writeFile', 'sync'] as const)('a failing %s leaves the old file, and no other', async (step) => {
    writeFileSync(path, 'old');
    failing = step;
    await expect(saveModelFile(path, model)).rejects.toThrow(/ENOSPC/);
    await expect(saveModelFile(path, model)).rejects.toThrow(`'${path}'`);
    expect(files()).toEqual(['model.safetensors']);
    expect(readFileSync(path, 'utf8')).toBe('old');
    failing = undefined;
    await saveModelFile(path, model);
    expect((await loadModelFile(path)).model.parameterCount).toBe(model.parameterCount);
  });

  it('a path that cannot be replaced', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'inside'), 'old');
    await expect(saveModelFile(path, model)).rejects.toThrow(path);
    expect(files()).toEqual(['model.safetensors']);
    expect(readFileSync(join(path, 'inside'), 'utf8')).toBe('old');
  });

  it.each([
    ['in no folder', join(folder, 'none/model.safetensors')],
    ['below a file', join(folder, 'file/model.safetensors')],
  ])('a path %s', async (_, where) => {
    writeFileSync(join(folder, 'file'), 'old');
    await expect(saveModelFile(where, model)).rejects.toThrow(where);
    await expect(loadModelFile(where)).rejects.toThrow(where);
    expect(files()).toEqual(['file']);
  });

  it('a model that no file can hold', async () => {
    writeFileSync(path, 'old');
    await expect(saveModelFile(path, {} as Layer)).rejects.toThrow(TypeError);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('several saves at once leave one of them whole', async () => {
    const models = [3, 300, 30].map((size) => new LSTM(size, 5));
    await Promise.all(models.map((one) => saveModelFile(path, one)));
    expect(files()).toEqual(['model.safetensors']);
    const { model: last } = await loadModelFile(path);
    expect(models.map((one) => one.inputSize)).toContain((last as LSTM).inputSize);
  });

  it('a damaged file', async () => {
    writeFileSync(path, saveModel(model).subarray(0, 700));
    await expect(loadModelFile(path)).rejects.toThrow(RangeError);
  });

  it('where there is no file system', async () => {
    await expect(none.readBytes(path)).rejects.toThrow(/no file system: use saveModel and loadModel/);
    await expect(none.replaceFile(path, new Uint8Array(1))).rejects.toThrow(/no file system/);
  });
});
