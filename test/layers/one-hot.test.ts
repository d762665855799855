import { describe, expect, it } from 'vitest';
import {
  Adam,
  crossEntropy,
  GRU,
  Linear,
  LSTM,
  RNN,
  type Runtime,
  Sequential,
  Trainer,
} from '../../src/index.js';
import { expectBits, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

const KINDS = { GRU, LSTM, RNN };
const SIZES = [
  { I: 1, H: 1 },
  { I: 5, H: 3 },
  { I: 17, H: 4 },
  { I: 7, H: 9 },
  { I: 40, H: 33 },
];

/** Ids that repeat within a batch and within a sequence. */
const draw = (count: number, size: number) =>
  Uint16Array.from({ length: size }, (_, n) => (n * n + 3 * n) % count);

/** The rows that the ids stand for. */
function written(ids: ArrayLike<number>, shape: number[], count: number) {
  const data = new Float32Array(ids.length * count);
  Array.from(ids).forEach((id, n) => {
    data[n * count + id] = 1;
  });
  return { data, shape: [...shape, count] };
}

type Options = { timeMajor?: boolean; numLayers?: number; bias?: boolean; returnSequences?: boolean };

/** Two forwards and backwards, by ids and by rows: states, outputs and all gradients have the same bits. */
function compare(
  kind: keyof typeof KINDS,
  runtime: Runtime,
  sizes: { I: number; H: number },
  shape: number[],
  options: Options = {},
) {
  const { I, H } = sizes;
  const data = draw(
    I,
    shape.reduce((a, b) => a * b, 1),
  );
  const make = () => new KINDS[kind](I, H, { runtime, seed: 3, ...options });
  const [byId, byRow] = [make(), make()];
  for (let time = 0; time < 2; time++) {
    const a = byId.forward({ data, shape }, { record: true });
    const b = byRow.forward(written(data, shape, I), { record: true });
    expectBits('output', a.output, b.output);
    expectBits('hN', a.hN, b.hN);
    const d = tensor('gradient', ...a.output.shape);
    const da = byId.backward({ output: d });
    const db = byRow.backward({ output: d });
    expect(da.input).toBeUndefined();
    expectBits('h0', da.h0, db.h0);
    for (const [name, parameter] of byId.parameters) {
      const other = byRow.parameters.get(name)?.readGrad();
      expectBits(name, parameter.readGrad(), other as Float32Array);
    }
  }
}

function stream(kind: keyof typeof KINDS, runtime: Runtime) {
  const layer = new KINDS[kind](6, 5, { runtime, numLayers: 2 });
  const head = new Linear(5, 6, { runtime });
  const [byId, byRow] = [1, 2].map(() => new Sequential(new Sequential(layer), head).stream({ batch: 3 }));
  for (let t = 0; t < 9; t++) {
    const ids = Int32Array.from([t % 6, (t + 4) % 6, 5]);
    const rows = written(ids, [3], 6).data;
    // Either may come at any step.
    const [a, b] = [byId?.step(t === 4 ? rows : ids), byRow?.step(rows)];
    expectBits(`step ${t}`, a as Float32Array, b as Float32Array);
  }
}

function refusals(runtime: Runtime) {
  const layer = new LSTM(4, 3, { runtime });
  expect(() => layer.forward(new Int32Array([0, 4]))).toThrow('input[1] expected an id from 0 to 3, got 4');
  expect(() => layer.forward(new Int32Array([-1]))).toThrow(RangeError);
  expect(() => layer.forward({ data: new Int32Array(8), shape: [2, 2, 2] })).toThrow(
    'input expected ids of shape [batch, time] or [time], got [2, 2, 2]',
  );
  expect(() => layer.forward({ data: new Int32Array(0), shape: [2, 0] })).toThrow(RangeError);
  expect(() => layer.forward(new Int16Array(2) as never)).toThrow(TypeError);
  const steps = layer.stream();
  expect(() => steps.step(new Int32Array([4]))).toThrow(RangeError);
  expect(() => steps.step(new Int32Array([0, 1, 0, 0]))).toThrow('x expected batch = 1 ids, got 4');
  // Behind another layer there are no ids.
  const behind = new Sequential(new Linear(4, 4, { runtime }), layer).stream();
  expect(() => behind.step(new Int32Array([1]))).toThrow(TypeError);
}

function learns(runtime: Runtime) {
  const model = new Sequential(
    new LSTM(4, 12, { runtime, seed: 1 }),
    new Linear(12, 4, { runtime, seed: 1 }),
  );
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new Adam(model, { lr: 0.03 }) });
  const data = Int32Array.from({ length: 41 }, (_, n) => [0, 1, 2, 1, 3][n % 5] as number);
  const batch = {
    input: { data: data.slice(0, 40), shape: [2, 20] },
    target: { data: data.slice(1), shape: [2, 20] },
  };
  let { loss } = trainer.trainStep(batch);
  for (let step = 0; step < 120; step++) ({ loss } = trainer.trainStep(batch));
  expect(loss).toBeLessThan(0.15);
}

function suite({ name, create }: Variant) {
  describe(`ids in place of one-hot rows [${name}]`, () => {
    for (const kind of ['LSTM', 'GRU', 'RNN'] as const) {
      for (const sizes of SIZES) {
        it(`${kind}, ${sizes.I} to ${sizes.H}`, () => {
          const runtime = create();
          compare(kind, runtime, sizes, [3, 7]);
          compare(kind, runtime, sizes, [1, 4]);
          compare(kind, runtime, sizes, [9]);
          compare(kind, runtime, sizes, [5, 33], { timeMajor: true, numLayers: 2 });
          compare(kind, runtime, sizes, [4, 5], { bias: false, returnSequences: false });
        });
      }
      it(`a stream of ${kind}`, () => stream(kind, create()));
    }
    it('refuses what are no such ids', () => refusals(create()));
    it('trains', () => learns(create()));
  });
}

variants.forEach(suite);
