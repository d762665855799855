import { describe, expect, it } from 'vitest';
import {
  Adam,
  AdamW,
  Embedding,
  GRU,
  LSTM,
  type Optimizer,
  RMSprop,
  RNN,
  type Runtime,
  SGD,
  type Tensor,
} from '../../src/index.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * What decays from step to step ends at zero, not among the subnormal numbers, where some processors are many times slower and
 * rounding may keep it for good.
 */

const SMALLEST_NORMAL = 2 ** -126;
const subnormals = (data: Float32Array) =>
  data.filter((x) => x !== 0 && Math.abs(x) < SMALLEST_NORMAL).length;

type Make = (model: Embedding) => Optimizer<{ lr: number }>;
const OPTIMIZERS: Record<string, Make> = {
  Adam: (model) => new Adam(model),
  AdamW: (model) => new AdamW(model),
  'Adam, fast squares': (model) => new Adam(model, { betas: [0.9, 0.9] }),
  'SGD with momentum': (model) => new SGD(model, { momentum: 0.9 }),
  'SGD, Nesterov': (model) => new SGD(model, { momentum: 0.9, nesterov: true }),
  RMSprop: (model) => new RMSprop(model, { alpha: 0.9 }),
  'RMSprop, centred, with momentum': (model) =>
    new RMSprop(model, { alpha: 0.9, momentum: 0.9, centered: true }),
};

/** One step over all ids, then steps with id 0 alone. */
function decayed(runtime: Runtime, make: Make) {
  const [count, size] = [21, 5];
  const model = new Embedding(count, size, { runtime });
  const optimizer = make(model);
  const step = (ids: Int32Array) => {
    optimizer.zeroGrad();
    const { output } = model.forward(ids, { record: true });
    model.backward({ output: { ...output, data: output.data.map((x) => x * 1e-3) } });
    optimizer.step();
  };
  step(Int32Array.from({ length: count }, (_, id) => id));
  for (let n = 0; n < 1200; n++) step(Int32Array.of(0));
  const [slot] = optimizer.stateDict().slots;
  return { arrays: slot?.arrays as Record<string, Tensor>, size };
}

function states({ create }: Variant) {
  const layers: Record<string, (runtime: Runtime) => LSTM> = {
    LSTM: (runtime) => new LSTM(64, 128, { init: 'keras', runtime }),
    'LSTM, general kernel': (runtime) => new LSTM(64, 32, { init: 'keras', cellClip: 9, runtime }),
    'LSTM with zoneout': (runtime) => new LSTM(64, 32, { init: 'keras', zoneout: 0.9, runtime }),
    'LSTM with projection': (runtime) => new LSTM(64, 32, { init: 'keras', projSize: 8, runtime }),
    GRU: (runtime) => new GRU(64, 32, { runtime }) as never,
    RNN: (runtime) => new RNN(64, 32, { init: 'keras', runtime }) as never,
    'RNN of rectified units': (runtime) =>
      new RNN(64, 32, { init: 'keras', nonlinearity: 'relu', runtime }) as never,
  };

  it.each(Object.entries(layers))('%s, after a burst, fed zeros', (_, make) => {
    const layer = make(create());
    for (const parameter of layer.parameters.values())
      if (parameter.shape.length === 1 && layer.type !== 'LSTM')
        parameter.write(new Float32Array(parameter.size));
    const stream = layer.stream();
    stream.step(Float32Array.from({ length: 64 }, (_, n) => (n % 2 ? 3 : -3)));
    const zeros = new Float32Array(64);
    for (let t = 0; t < 2000; t++) {
      const output = stream.step(zeros);
      expect(subnormals(output), `output of step ${t}`).toBe(0);
    }
    for (const { data } of Object.values(stream.state)) expect(subnormals(data)).toBe(0);
    // The same over whole sequences, from where the stream is.
    const sequence = { data: new Float32Array(64 * 20), shape: [20, 64] };
    const { output, ...rest } = layer.forward(sequence, { record: true });
    for (const { data } of [output, ...(Object.values(rest) as Tensor[])]) expect(subnormals(data)).toBe(0);
  });

  it('NaN and what is larger stay', () => {
    const layer = new LSTM(1, 1, { bias: false, runtime: create() });
    const x = { data: new Float32Array(1), shape: [1, 1] };
    const cell = (value: number) =>
      layer.forward(x, {
        h0: { data: new Float32Array(1), shape: [1, 1] },
        c0: { data: Float32Array.of(value), shape: [1, 1] },
      }).cN.data[0];
    expect(cell(Number.NaN)).toBeNaN();
    expect(cell(2 ** -98)).toBe(2 ** -99);
    expect(cell(2 ** -100)).toBe(0);
  });
}

function suite(variant: Variant) {
  describe(`nothing stays subnormal [${variant.name}]`, () => {
    describe('state of optimizers', () => {
      it.each(Object.entries(OPTIMIZERS))('%s', (_, make) => {
        const { arrays, size } = decayed(variant.create(), make);
        for (const [name, { data }] of Object.entries(arrays)) {
          expect(subnormals(data), name).toBe(0);
          expect(data.subarray(0, size).every((x) => x !== 0)).toBe(true);
        }
      });
    });
    describe('states', () => states(variant));
  });
}

variants.forEach(suite);
