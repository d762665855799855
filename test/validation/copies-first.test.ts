import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { batches, padSequences, StandardScaler } from '../../src/data/index.js';
import { readSafetensors, writeSafetensors } from '../../src/files/index.js';
import {
  crossEntropy,
  Embedding,
  Linear,
  LSTM,
  mse,
  type Parameter,
  Sequential,
  softmax,
} from '../../src/index.js';
import { bad, zeros } from '../helpers/refusals.js';

/* What is checked is what is used: nothing that a user passes is read again after its check. */

/** Floats whose own properties and methods lie. */
class Lying extends Float32Array {
  lie = 0;
  override get length(): number {
    return this.lie;
  }
  override set(): void {
    throw new Error('a method of a subclass was called');
  }
  override findIndex(): number {
    return -1;
  }
  override *[Symbol.iterator](): ArrayIterator<number> {
    yield 99;
  }
}

function lying(length: number, lie: number, value = 0): Float32Array {
  const array = new Lying(length).fill(value);
  (array as Lying).lie = lie;
  return array;
}

/** An object whose property is one thing first, and another from then on. */
function changing<T extends object>(object: T, name: keyof T, later: unknown): T {
  let reads = 0;
  const first = object[name];
  return Object.defineProperty({ ...object }, name, { get: () => (reads++ === 0 ? first : later) });
}

/** Runs what may be refused, but never traps: that would be a WebAssembly.RuntimeError. */
function refusable(run: () => void): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
  }
}

/** A getter of 1, 2, 3, … */
function countingUp(): () => number {
  let count = 0;
  return () => ++count;
}

/** The layer's own results, as long as nothing beside it was written. */
function canary() {
  const layer = new Linear(8, 8, { seed: 1 });
  const before = layer.stateDict();
  return () => expect(layer.stateDict()).toEqual(before);
}

describe('a length that lies is not believed', () => {
  it.each([0, 4, 1_000_000])('%i', (lie) => {
    const unharmed = canary();
    const lstm = new LSTM(3, 4, { seed: 2 });
    const input = { data: lying(6, lie, 0.5), shape: [1, 2, 3] };
    const { output } = lstm.forward(input, { record: true });
    expect(output).toEqual(lstm.forward({ data: new Float32Array(6).fill(0.5), shape: [1, 2, 3] }).output);
    lstm.backward({ output: { data: lying(8, lie), shape: [1, 2, 4] } });
    const stream = lstm.stream();
    const out = lying(4, lie);
    stream.step(lying(3, lie, 0.5), out);
    expect(Array.from({ length: 4 }, (_, n) => out[n])).toEqual([...output.data.subarray(0, 4)]);
    const bias = lstm.parameters.get('bias_ih_l0') as Parameter;
    bias.write(lying(16, lie, 3));
    expect([...bias.read()]).toEqual(new Array(16).fill(3));
    expect(() => bias.write(lying(16, lie, Number.NaN))).toThrow(RangeError);
    bias.writeGrad(lying(16, lie, 2));
    expect(bias.readGrad(lying(16, lie))[15]).toBe(2);
    expect(() => lstm.forward({ data: lying(5, 6), shape: [1, 2, 3] })).toThrow(RangeError);
    expect(() => bias.write(lying(8, 16))).toThrow(RangeError);
    expect([...softmax({ data: lying(2, lie), shape: [2] }).data]).toEqual([0.5, 0.5]);
    expect(mse(zeros(2), { data: lying(2, lie, 1), shape: [2] }).loss).toBe(1);
    expect(new StandardScaler().fit({ data: lying(4, lie, 1), shape: [2, 2] }).stateDict().mean).toEqual([
      1, 1,
    ]);
    const { loss } = crossEntropy(zeros(1, 2), Int32Array.of(1), { weight: lying(2, lie, 1) });
    expect(loss).toBeCloseTo(Math.LN2, 6);
    expect(mse(zeros(2), zeros(2), { weight: lying(2, lie, 1) }).loss).toBe(0);
    expect(() => crossEntropy(zeros(1, 2), Int32Array.of(1), { weight: lying(1e6, 2) })).toThrow(RangeError);
    const { tensors } = readSafetensors(writeSafetensors({ w: { data: lying(2, lie, 7), shape: [2] } }));
    expect(tensors.w?.data).toEqual(Float32Array.of(7, 7));
    unharmed();
  });
});

describe('a property that changes between two reads is read once', () => {
  it('shape and data of inputs, gradients and states', () => {
    const unharmed = canary();
    const lstm = new LSTM(3, 4, { seed: 2 });
    const large = [100, 100, 3];
    const input = changing(zeros(1, 2, 3), 'shape', large);
    expect(lstm.forward(input, { record: true }).output.shape).toEqual([1, 2, 4]);
    const gradient = changing({ output: zeros(1, 2, 4) }, 'output', zeros(1));
    expect(lstm.backward(gradient).input.shape).toEqual([1, 2, 3]);
    lstm.forward(zeros(1, 2, 3), { record: true });
    lstm.backward({ output: zeros(1, 2, 4), hN: changing(zeros(1, 1, 4), 'data', new Float32Array(1)) });
    lstm.forward(zeros(1, 2, 3), { record: true });
    lstm.backward(changing({ hN: zeros(1, 1, 4) }, 'hN', zeros(1)));
    lstm.forward(zeros(1, 2, 3), changing({ h0: zeros(1, 1, 4) }, 'h0', zeros(1)));
    const stream = lstm.stream({ h0: changing(zeros(1, 4), 'data', new Float32Array(1)) });
    stream.setState(changing(stream.state, 'h', zeros(1)));
    stream.setState({ ...stream.state, h: changing(zeros(1, 4), 'data', new Float32Array(1)) });
    const dict = lstm.stateDict();
    const nothing = { data: new Float32Array(16).fill(Number.NaN), shape: [16] };
    lstm.loadStateDict(changing(dict, 'bias_ih_l0', nothing));
    lstm.loadStateDict({ ...dict, bias_ih_l0: changing(dict.bias_ih_l0 as never, 'data', nothing.data) });
    expect(lstm.stateDict()).toEqual(dict);
    unharmed();
  });

  it('sizes of a shape', () => {
    const shape = [1, 2, 3];
    let reads = 0;
    Object.defineProperty(shape, 1, { get: () => (reads++ === 0 ? 2 : 1_000_000) });
    expect(new LSTM(3, 4).forward({ data: new Float32Array(6), shape }).output.shape).toEqual([1, 2, 4]);
    const longer = Object.assign([1, 2, 3], {
      *[Symbol.iterator]() {
        yield* [1, 2, 3, 1];
      },
    });
    expect(() => new LSTM(3, 4).forward({ data: new Float32Array(6), shape: longer })).toThrow(RangeError);
  });

  it('lengths that iterate otherwise than they count', () => {
    const unharmed = canary();
    const lstm = new LSTM(3, 4);
    const iterating = (all: number[]) =>
      Object.assign([1, 1], {
        *[Symbol.iterator]() {
          yield* all;
        },
      });
    for (const all of [[1], [1, 1, 1], new Array(10_000).fill(1)])
      expect(() => lstm.forward(zeros(2, 2, 3), { lengths: iterating(all) })).toThrow(RangeError);
    unharmed();
  });

  it('lengths and masks that change: skipped ids are never read', () => {
    const unharmed = canary();
    for (const layer of [new Embedding(2, 4), new LSTM(2, 4)]) {
      const model = new Sequential(layer, new LSTM(4, 4));
      const input = { data: Int32Array.of(1, 5e7), shape: [1, 2] };
      for (const options of [
        changing({ lengths: [1] }, 'lengths', [2]),
        { lengths: Object.defineProperty([1], 0, { get: countingUp() }) },
        changing({ mask: { data: Int32Array.of(1, 0), shape: [1, 2] } }, 'mask', {
          data: Int32Array.of(1, 1),
          shape: [1, 2],
        }),
        // Its kind is asked first, then it is read.
        { mask: changing({ data: Int32Array.of(1, 0), shape: [1, 2] }, 'data', Int32Array.of(1, 1)) },
      ]) {
        refusable(() => {
          const { output } = model.forward(input, { record: true, ...options });
          model.backward({ output });
          expect(output.data.every(Number.isFinite)).toBe(true);
        });
      }
    }
    unharmed();
  });

  it('memory that an option takes away after it was copied', () => {
    const lstm = new LSTM(3, 4);
    lstm.forward(zeros(1, 2, 3), { record: true });
    const output = zeros(1, 2, 4);
    const gradient = {
      output,
      get hN() {
        structuredClone(output.data, { transfer: [output.data.buffer] });
        return undefined;
      },
    };
    const { input } = lstm.backward(bad(gradient));
    expect(output.data).toHaveLength(0);
    expect([...input.data]).toEqual(Array(6).fill(0));
  });
});

const COUNT = 4096;

/** Ids in shared memory, one of which another thread switches between 1 and an id far behind the end. */
async function withRacingIds(use: (ids: Int32Array<SharedArrayBuffer>) => void): Promise<void> {
  const ids = new Int32Array(new SharedArrayBuffer(COUNT * 4)).fill(1);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { workerData: { ids, stop }, parentPort } = require('node:worker_threads');
     parentPort.postMessage('on');
     while (!Atomics.load(stop, 0)) ids[2048] = ids[2048] === 1 ? 50_000_000 : 1;`,
    { eval: true, workerData: { ids, stop } },
  );
  await new Promise((resolve) => worker.once('message', resolve));
  try {
    use(ids);
  } finally {
    Atomics.store(stop, 0, 1);
    await worker.terminate();
  }
}

it('ids in shared memory are copied before they are checked', async () => {
  const embedding = new Embedding(2, 4, { seed: 3 });
  const model = new Sequential(embedding, new LSTM(4, 4, { seed: 3 }));
  const expected = embedding.forward(new Int32Array(COUNT).fill(1)).output.data;
  const stream = model.stream({ batch: COUNT });
  await withRacingIds((ids) => {
    for (let n = 0; n < 60; n++) {
      refusable(() => expect(embedding.forward(ids).output.data).toEqual(expected));
      refusable(() => void stream.step(ids));
      refusable(() => void crossEntropy(zeros(COUNT, 2), ids));
    }
  });
});

it('sequences and batches keep what was checked', () => {
  const one = changing({ data: Int32Array.of(1, 2), shape: [2] }, 'shape', [1000]);
  expect(padSequences([one]).input.shape).toEqual([1, 2]);
  const input = changing(zeros(4, 2), 'shape', [1000, 2]);
  const [batch] = batches({ input, target: new Uint8Array(4) }, { batchSize: 4, shuffle: false });
  expect(batch?.input.shape).toEqual([4, 2]);
});
