import { describe, expect, it } from 'vitest';
import { lanes, type Series, type SeriesLanesOptions, windows } from '../../src/data/index.js';
import { Adam, Linear, LSTM, mse, type Runtime, Sequential, type Tensor, Trainer } from '../../src/index.js';
import { expectAllBits, tensor } from '../helpers/bits.js';
import { bad, expectRefusal } from '../helpers/refusals.js';
import { expectResumable } from '../helpers/resumable.js';
import { variants } from '../helpers/variants.js';

/** Row n holds 10 n, 10 n + 1, … */
function counted(rows: number, columns: readonly string[]): Series {
  const data = Float32Array.from(
    { length: rows * columns.length },
    (_, n) => 10 * Math.floor(n / columns.length) + (n % columns.length),
  );
  return { data, shape: [rows, columns.length], columns };
}

const ABC = ['a', 'b', 'c'];
const NUMBERS = { a: 0, b: 1, c: 2 };
type Name = keyof typeof NUMBERS;

/** Every value of every batch, from the lane, the step and the column that it is said to come from. */
function checkValues(rows: number, { batch, steps, ...own }: SeriesLanesOptions) {
  const all = [...lanes(counted(rows, ABC), { batch, steps, ...own, epochs: 2 })];
  const { horizon = 1, inputs = ABC, targets = ABC } = own;
  const lane = Math.floor((rows - horizon) / batch);
  const perEpoch = Math.floor(lane / steps);
  expect(all.length).toBe(2 * perEpoch);
  for (const [n, { input, target, reset }] of all.entries()) {
    expect(reset).toBe(n % perEpoch === 0);
    expect(input.shape).toEqual([batch, steps, inputs.length]);
    expect(target.shape).toEqual([batch, steps, horizon * targets.length]);
    const rowsOf = Array.from(
      { length: batch * steps },
      (_, m) => Math.floor(m / steps) * lane + (n % perEpoch) * steps + (m % steps),
    );
    const values = (row: number, names: typeof inputs) =>
      names.map((name) => 10 * row + (typeof name === 'number' ? name : NUMBERS[name as Name]));
    expect([...input.data]).toEqual(rowsOf.flatMap((row) => values(row, inputs)));
    const behind = (row: number) => Array.from({ length: horizon }, (_, k) => row + 1 + k);
    expect([...target.data]).toEqual(rowsOf.flatMap((row) => behind(row).flatMap((t) => values(t, targets))));
  }
}

describe('lanes over a series', () => {
  it.each<[number, SeriesLanesOptions]>([
    [101, { batch: 1, steps: 1 }],
    [101, { batch: 4, steps: 5 }],
    [103, { batch: 4, steps: 5, targets: ['b'] }],
    [103, { batch: 3, steps: 7, inputs: ['c', 'a'], targets: [1], horizon: 4 }],
    [23, { batch: 4, steps: 5, horizon: 3 }],
  ])('of %s rows: %o', checkValues);

  it('with targets that run beside it, values or classes', () => {
    const input = counted(14, ABC);
    const target = { data: Uint8Array.from({ length: 14 }, (_, n) => n), shape: [14] };
    const [first, second, ...more] = lanes({ input, target }, { batch: 2, steps: 3 });
    expect(more.length).toBe(0);
    expect([first.reset, second.reset]).toEqual([true, false]);
    expect(second.input.data[0]).toBe(30);
    expect([...second.target.data]).toEqual([3, 4, 5, 10, 11, 12]);
    expect(second.target.shape).toEqual([2, 3]);
    const [turned] = lanes({ input: target.data, target: input }, { batch: 2, steps: 7 });
    expect([...turned.input.data]).toEqual([...target.data]);
    expect([...turned.target.data]).toEqual([...input.data]);
    expect(turned.target.shape).toEqual([2, 7, 3]);
  });

  it('has the targets of windows', () => {
    const series = counted(20, ABC);
    const options = { horizon: 3, targets: ['b', 'a'] };
    const [batch] = lanes(series, { batch: 1, steps: 6, ...options });
    const { target } = windows(series, { steps: 1, ...options });
    expect(batch.target.data).toEqual(target.data.slice(0, 36));
  });

  it('resumed anywhere', () => {
    const make = () => lanes(counted(60, ABC), { batch: 3, steps: 4, epochs: 3, targets: ['a'] });
    expectResumable(make);
  });

  it('refuses what it cannot cut', checkRefusals);
});

function checkRefusals() {
  const series = counted(20, ABC);
  const options = { batch: 2, steps: 3 };
  const refuse = (given: unknown, more: object, Kind: ErrorConstructor | typeof RangeError, text: RegExp) =>
    expectRefusal(() => lanes(bad(given), { ...options, ...more }), Kind as never, text);
  refuse(series, { horizons: 2 }, TypeError, /did you mean "horizon"/);
  refuse(series, { horizon: 0 }, RangeError, /^horizon expected .*1/);
  refuse(series, { targets: ['d'] }, RangeError, /^targets\[0\] expected a column, got "d"/);
  refuse(series, { inputs: [] }, RangeError, /^inputs expected /);
  refuse(series, { batch: 7 }, RangeError, /^series expected .*batch \* steps \+ horizon = 22, got 20/);
  refuse(series, { horizon: 25 }, RangeError, /^series expected at least batch \* steps \+ horizon = 31/);
  refuse(
    { data: series.data, shape: [60] },
    {},
    RangeError,
    /^series expected shape \[time, columns\], got \[60\]/,
  );
  refuse(new Int32Array(20), { horizon: 2 }, TypeError, /unknown option "horizon"/);
  const holed = { ...series, data: series.data.slice() };
  holed.data[16] = Number.NaN;
  refuse(holed, {}, RangeError, /^series, row 5, column "b" expected a number, got NaN: .*fillMissing\(\)/);
  expect([...lanes(holed, { ...options, inputs: ['a'], targets: ['c'] })].length).toBe(3);
  const target = { data: new Int32Array(20), shape: [20] };
  const pair = { input: series, target };
  refuse(pair, { horizon: 2 }, TypeError, /unknown option "horizon"/);
  refuse({ input: series }, {}, TypeError, /^target expected a tensor/);
  refuse({ ...pair, target: new Int32Array(19) }, {}, RangeError, /^target expected .*input = 20, got 19/);
  refuse(
    { ...pair, target: { data: target.data, shape: [10, 2] } },
    {},
    RangeError,
    /^target expected ids of shape \[time\]/,
  );
  refuse({ input: holed, target }, {}, RangeError, /^input, row 5, column "b" expected a number/);
  refuse(pair, { steps: 11 }, RangeError, /^input expected .*batch \* steps = 22, got 20/);
}

const HIDDEN = 7;
const ROWS = 2 * 4 * 6 + 3;

function layers(runtime: Runtime, options: { stateful?: boolean; timeMajor?: boolean }) {
  const lstm = new LSTM(2, HIDDEN, { ...options, seed: 1, runtime });
  return { lstm, head: new Linear(HIDDEN, 3, { seed: 2, runtime }) };
}

/** The series cut by hand, and states handed on by hand; time first, as a Sequential sums gradients. */
function byHand(runtime: Runtime, data: Float32Array, epochs: number) {
  const { lstm, head } = layers(runtime, { timeMajor: true });
  const optimizer = new Adam([...lstm.parameters.values(), ...head.parameters.values()], { lr: 0.01 });
  const losses: number[] = [];
  let states: { h0?: Tensor; c0?: Tensor } = {};
  for (let n = 0; n < epochs * 6; n++) {
    if (n % 6 === 0) states = {};
    const rows = [0, 1, 2, 3].flatMap((t) => [0, 24].map((lane) => lane + (n % 6) * 4 + t));
    const input = Float32Array.from(rows.flatMap((row) => [data[2 * row], data[2 * row + 1]]));
    const target = Float32Array.from(rows.flatMap((row) => [1, 2, 3].map((k) => data[2 * (row + k)])));
    const first = lstm.forward({ data: input, shape: [4, 2, 2] }, { ...states, training: true });
    states = { h0: first.hN, c0: first.cN };
    const { output } = head.forward(first.output, { training: true });
    const { loss, grad } = mse(output, { data: target, shape: [4, 2, 3] }, { runtime });
    const { input: back } = head.backward({ output: grad });
    lstm.backward({ output: back as Tensor }, { inputGradient: false });
    optimizer.step();
    optimizer.zeroGrad();
    losses.push(loss);
  }
  return { losses, lstm: lstm.stateDict(), head: head.stateDict() };
}

describe.each(variants)('a stateful model over a series in lanes [$name]', ({ create }) => {
  it('learns as a loop written by hand, to the bit', async () => {
    const { data } = tensor('series', ROWS, 2);
    const { lstm, head } = layers(create(), { stateful: true });
    const model = new Sequential(lstm, head);
    const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: new Adam(model, { lr: 0.01 }) });
    const series = { data, shape: [ROWS, 2], columns: ['y', 'x'] };
    const losses: number[] = [];
    const batches = lanes(series, { batch: 2, steps: 4, horizon: 3, targets: ['y'], epochs: 2 });
    for await (const { loss } of trainer.run(batches)) losses.push(loss);
    const expected = byHand(create(), data, 2);
    expect(losses.length).toBe(12);
    for (const [n, loss] of losses.entries()) expect(loss).toBeCloseTo(expected.losses[n], 6);
    expectAllBits('lstm', lstm.stateDict(), expected.lstm);
    expectAllBits('head', head.stateDict(), expected.head);
  });
});
