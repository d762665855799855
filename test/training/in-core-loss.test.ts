import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Adam,
  accuracy,
  type Batch,
  binaryCrossEntropy,
  crossEntropy,
  Embedding,
  GRU,
  Linear,
  type Loss,
  LSTM,
  mse,
  type Runtime,
  Sequential,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { CoreLayer } from '../../src/layers/layer.js';
import { builtInLoss } from '../../src/training/losses.js';
import { expectAllBits, IDS, ids, tensor, transpose } from '../helpers/bits.js';
import { variants } from '../helpers/variants.js';

/*
 * A built-in loss is measured where the output lies in the core, any other function gets tensors: a function around a built-in
 * loss trains to the same bits by the other way.
 */

const LOSSES = { crossEntropy, mse, binaryCrossEntropy } as const;
type Name = keyof typeof LOSSES;
type Options = Partial<TrainerOptions<never>>;

const [B, T] = [3, 5];
const LENGTHS = [5, 2, 4];
const AXES = { 'batch first': [B, T], 'time first': [T, B] } as const;
type Axes = keyof typeof AXES;

function positive(name: string, ...shape: number[]) {
  const { data } = tensor(name, ...shape);
  return { data: data.map((value) => (value + 1) / 2), shape };
}

function batches(name: Name, leading: readonly number[], width: number): Batch<never>[] {
  const target = (n: number) =>
    name === 'crossEntropy'
      ? { data: ids(`y${n}`, ...leading).data.map((id) => id % width), shape: [...leading] }
      : positive(`y${n}`, ...leading, width);
  return [0, 1, 2, 3].map(
    (n) => ({ input: tensor(`x${n}`, ...leading, 2), target: target(n) }) as Batch<never>,
  );
}

function modelOf(runtime: Runtime, width: number, axes: Axes, stateful: boolean) {
  const timeMajor = axes === 'time first';
  return new Sequential(
    new LSTM(2, 6, { runtime, timeMajor, stateful, seed: 1, recurrentDropout: 0.2 }),
    new Linear(6, width, { runtime, seed: 2 }),
  );
}

/** Trains in the core and through tensors, and compares losses, norms, metrics, gradients and weights. */
function compare(
  create: () => Runtime,
  name: Name,
  make: (runtime: Runtime) => CoreLayer,
  data: readonly Batch<never>[],
  more: Options = {},
) {
  const train = (loss: Loss<never>) => {
    const model = make(create());
    const optimizer = new Adam(model, { lr: 0.01 });
    const trainer = new Trainer<never>(model, { optimizer, ...more, loss });
    const steps = data.map((batch) => trainer.trainStep(batch));
    const gradients = [...model.parameters.values()].map((parameter) => parameter.readGrad());
    return { steps, gradients, weights: model.stateDict() };
  };
  const loss = LOSSES[name] as Loss<never>;
  const inCore = train(loss);
  const throughTensors = train((...given) => loss(...given));
  expect(inCore.steps).toEqual(throughTensors.steps);
  expect(inCore.steps.every((step) => step.loss > 0 && step.gradNorm > 0)).toBe(true);
  for (const [n, gradient] of inCore.gradients.entries())
    expect(Buffer.compare(bytes(gradient), bytes(throughTensors.gradients[n])), `gradient ${n}`).toBe(0);
  expectAllBits('weights', inCore.weights, throughTensors.weights);
}

function bytes({ buffer, byteOffset, byteLength }: Float32Array) {
  return Buffer.from(buffer, byteOffset, byteLength);
}

afterEach(() => vi.restoreAllMocks());

describe.each(variants)('built-in losses in the core [$name]', ({ create }) => {
  const maskOf = (leading: readonly number[]) => ids('mask', ...leading).data.map((id) => id % 3 && 1);
  for (const name of Object.keys(LOSSES) as Name[]) {
    for (const axes of Object.keys(AXES) as Axes[]) {
      for (const width of name === 'crossEntropy' ? [2, 7] : [1, 7]) {
        it(`${name}, ${axes}, ${width} wide`, () => {
          const data = batches(name, AXES[axes], width);
          const make = (runtime: Runtime) => modelOf(runtime, width, axes, false);
          compare(create, name, make, data);
          const mask = maskOf(AXES[axes]);
          compare(create, name, make, data.map((batch) => ({ ...batch, mask })) as Batch<never>[]);
          compare(
            create,
            name,
            make,
            data.map((batch) => ({ ...batch, lengths: LENGTHS })) as Batch<never>[],
          );
        });
      }
      it(`${name}, ${axes}: accumulated, clipped, stateful, with reset`, () => {
        const data = batches(name, AXES[axes], 7).map((batch, n) => ({ ...batch, reset: n === 2 }));
        const make = (runtime: Runtime) => modelOf(runtime, 7, axes, true);
        const mask = maskOf(AXES[axes]);
        compare(create, name, make, data, { accumulate: 2, clipNorm: 0.01 });
        compare(create, name, make, data.map((batch) => ({ ...batch, mask })) as Batch<never>[], {
          accumulate: 2,
          clipValue: 0.001,
        });
      });
    }
    it(`${name}: 2-D outputs, one sequence, the last step alone, a recurrent layer by itself`, () => {
      const data = batches(name, [5], 4);
      compare(create, name, (runtime) => modelOf(runtime, 4, 'batch first', false), data);
      compare(create, name, (runtime) => new Linear(2, 4, { runtime }), data);
      compare(create, name, (runtime) => modelOf(runtime, 4, 'batch first', false), batches(name, [1, 5], 4));
      compare(create, name, (runtime) => new LSTM(2, 4, { runtime }), batches(name, [B, T], 4));
      compare(
        create,
        name,
        (runtime) => new GRU(2, 4, { runtime, timeMajor: true }),
        batches(name, [T, B], 4),
      );
      const last = batches(name, [B], 4).map((batch, n) => ({ ...batch, input: tensor(`s${n}`, B, T, 2) }));
      const lastStep = (runtime: Runtime) => new LSTM(2, 4, { runtime, returnSequences: false });
      compare(create, name, lastStep, last as Batch<never>[]);
    });
  }

  it('ids and metrics', () => {
    const make = (runtime: Runtime) =>
      new Sequential(
        new Embedding(IDS, 4, { runtime }),
        new LSTM(4, 6, { runtime }),
        new Linear(6, IDS, { runtime }),
      );
    const data = [0, 1].map((n) => ({ input: ids(`x${n}`, B, T), target: ids(`y${n}`, B, T) }));
    compare(create, 'crossEntropy', make, data as object[] as Batch<never>[], {
      metrics: { accuracy: accuracy() as never },
    });
  });

  it.each([
    ['crossEntropy', { weight: Float32Array.of(1, 0.25, 3, 0.5), ignoreIndex: 2, labelSmoothing: 0.1 }],
    ['crossEntropy', { reduction: 'sum', mask: LENGTHS.flatMap((n) => [n > 2, true, n, 1, 0]).map(Number) }],
    ['mse', { weight: positive('w', B, T, 4) }],
    ['mse', { reduction: 'sum', weight: positive('w', B, T, 4).data }],
    ['binaryCrossEntropy', { weight: positive('w', B, T, 4), mask: ids('mask', B, T).data }],
  ] as const)('%s with %o over a transposed output', (name, options) => {
    const runtime = create();
    const shape = [B, T, 4];
    const output = tensor('output', ...shape);
    const target = batches(name, [B, T], 4)[0].target as never;
    const expected = LOSSES[name](output, target, { ...options, runtime } as never);
    const block = runtime.allocate(2 * output.data.length * 4);
    const gradient = block + output.data.length * 4;
    runtime.f32.set(transpose(output).data, block >>> 2);
    const checked = builtInLoss(LOSSES[name])?.(shape, target, options as never);
    const place = { output: block, gradient, shape, transposed: true };
    expect(checked?.measure(runtime, runtime.scratch(checked.bytes), place)).toBe(expected.loss);
    expect(checked?.divisor).toBe(expected.divisor);
    const found = { data: runtime.floats(gradient, output.data.length).slice(), shape: [T, B, 4] };
    expectAllBits('gradient', { grad: transpose(found) }, { grad: expected.grad });
  });

  it('copies the output only for metrics and losses of the user', () => {
    const leave = vi.spyOn(CoreLayer.prototype, 'leave');
    const [batch] = batches('mse', [B, T], 4);
    const copies = (more: Options) => {
      const model = modelOf(create(), 4, 'batch first', false);
      const trainer = new Trainer<never>(model, { loss: mse as never, optimizer: new Adam(model), ...more });
      leave.mockClear();
      trainer.trainStep(batch);
      return leave.mock.calls.length;
    };
    expect(copies({})).toBe(0);
    expect(copies({ metrics: { accuracy: accuracy() as never } })).toBe(1);
    expect(copies({ loss: ((...given: Parameters<typeof mse>) => mse(...given)) as never })).toBe(1);
  });

  it('calls the forward and backward of a subclass', () => {
    const calls: string[] = [];
    class Own extends Linear {
      override forward(...given: Parameters<Linear['forward']>) {
        calls.push('forward');
        return super.forward(...given);
      }
      override backward(...given: Parameters<Linear['backward']>) {
        calls.push('backward');
        return super.backward(...given);
      }
    }
    const [batch] = batches('mse', [B], 4);
    const model = new Own(2, 4, { runtime: create() });
    new Trainer(model, { loss: mse as never, optimizer: new Adam(model) }).trainStep(batch as never);
    expect(calls).toEqual(['forward', 'backward']);
  });
});
