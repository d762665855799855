import { describe, expect, it } from 'vitest';
import {
  createRuntime,
  Embedding,
  GRU,
  Linear,
  LSTM,
  RNN,
  type Runtime,
  Sequential,
} from '../../src/index.js';
import { expectRefusal } from '../helpers/refusals.js';

/* Sizes that no memory holds are computed, and refused, before anything of them is allocated or drawn. */

const refused: [string, (runtime: Runtime) => unknown][] = [
  ['a stream', (runtime) => new LSTM(3, 4, { runtime }).stream({ batch: 2 ** 26 })],
  [
    'the stream of a model',
    (runtime) =>
      new Sequential(new Embedding(9, 8, { runtime }), new GRU(8, 8, { runtime })).stream({ batch: 2 ** 26 }),
  ],
  ['orthogonal weights', (runtime) => new RNN(1, 30_000, { init: 'orthogonal', runtime })],
  ["Keras's weights", (runtime) => new LSTM(1, 12_000, { init: 'keras', runtime })],
  ['many layers', (runtime) => new LSTM(1, 64, { numLayers: 1e6, runtime })],
  ['a table', (runtime) => new Embedding(1e6, 2000, { runtime })],
  ['weights', (runtime) => new Linear(1e5, 1e5, { runtime })],
];

/** Shared among the rows below: none of them reads it. */
const steps = new Uint8Array(1e6 * 64);
const recorded: [string, (runtime: Runtime) => unknown][] = [
  ['a recorded forward', (runtime) => new LSTM(2, 64, { runtime }).forward(ids(), { record: true })],
  ['a trained forward', (runtime) => new GRU(2, 64, { runtime }).forward(ids(), { training: true })],
  ['a forward', (runtime) => new RNN(2, 64, { runtime }).forward(ids())],
  [
    'a forward whose second layer is large',
    (runtime) =>
      new Sequential(new Embedding(2, 1, { runtime }), new LSTM(1, 64, { runtime })).forward(ids(), {
        record: true,
      }),
  ],
  [
    'a forward whose last layer is large',
    (runtime) =>
      new Sequential(new Embedding(2, 1, { runtime }), new Linear(1, 64, { runtime })).forward(ids()),
  ],
];

function ids() {
  return { data: steps, shape: [64, 1e6] };
}

describe('sizes are refused before they are allocated:', () => {
  it.each([...refused, ...recorded])('%s', (_, act) => {
    const runtime = createRuntime();
    const begun = performance.now();
    expectRefusal(() => act(runtime), RangeError, /out of memory: \d+ bytes/);
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(runtime.memoryBytes).toBeLessThan(20e6);
  });

  it('a large stream that fits is made without touching its memory', () => {
    const runtime = createRuntime();
    const begun = performance.now();
    const stream = new Sequential(new Embedding(9, 1, { runtime }), new Linear(1, 1, { runtime })).stream({
      batch: 2 ** 24,
    });
    expect(performance.now() - begun).toBeLessThan(4000);
    stream.dispose();
  });

  it('what fits is not refused', () => {
    const runtime = createRuntime();
    for (const layer of [
      new LSTM(3, 4, { numLayers: 2, projSize: 2, coupled: true, runtime }),
      new GRU(3, 4, { bidirectional: true, runtime }),
      new RNN(3, 4, { init: 'orthogonal', runtime }),
    ]) {
      const { output } = layer.forward({ data: new Float32Array(6), shape: [1, 2, 3] }, { record: true });
      expect(output.shape[1]).toBe(2);
    }
  });
});
