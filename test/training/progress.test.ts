import { afterEach, describe, expect, it, vi } from 'vitest';
import { batches } from '../../src/data/index.js';
import {
  type Batch,
  Linear,
  type Loss,
  LSTM,
  mse,
  type Progress,
  type Runtime,
  SGD,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * The speed that a run reports, on a clock that the test moves, and its warning about steps that block a page.
 */

let time = 0;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A model whose steps take the given number of milliseconds. */
function begin(runtime: Runtime, took: () => number, more: object = {}) {
  time = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => time);
  const loss: Loss<Tensor> = (...given) => {
    time += took();
    return mse(...given);
  };
  const model = new Linear(3, 2, { runtime });
  return new Trainer<Tensor>(model, { loss, optimizer: new SGD(model, { lr: 0.01 }), ...more });
}

const batch = (rows: number): Batch<Tensor> => ({
  input: tensor('x', rows, 3),
  target: tensor('y', rows, 2),
});

async function progressOf(trainer: Trainer<Tensor>, data: Iterable<Batch<Tensor>>, spent = 0) {
  const all: Progress[] = [];
  for await (const one of trainer.run(data)) {
    all.push(one);
    time += spent;
  }
  return all;
}

/** Ten milliseconds a step and as many around it, four rows each. */
async function checkPace(runtime: Runtime) {
  const all = await progressOf(
    begin(runtime, () => 10),
    Array(30).fill(batch(4)),
    10,
  );
  expect(all[0].samplesPerSecond).toBeCloseTo(400, 6);
  expect(all[29].samplesPerSecond).toBeGreaterThan(200);
  expect(all[29].samplesPerSecond).toBeLessThan(215);
  expect(all[0].secondsLeft).toBeCloseTo(29 * 0.01, 6);
  expect(all[28].secondsLeft).toBeCloseTo(0.02, 2);
  expect(all[29].secondsLeft).toBe(0);
}

/** When it becomes slower, the rate follows within about twenty batches. */
async function checkChange(runtime: Runtime) {
  let took = 10;
  const trainer = begin(runtime, () => took);
  await progressOf(trainer, Array(50).fill(batch(2)));
  const seen: number[] = [];
  for await (const { step, samplesPerSecond } of trainer.run(Array(150).fill(batch(2)))) {
    if (step === 100) took = 40;
    seen.push(samplesPerSecond);
  }
  expect(seen[49]).toBeCloseTo(200, 0);
  expect(seen[149]).toBeCloseTo(50, 0);
}

/** Over epochs, from a place in their middle, by steps of several batches; not where nobody knows the end. */
async function checkLeft(runtime: Runtime) {
  const rows = { input: tensor('x', 12, 3), target: tensor('y', 12, 2) };
  const data = (epochs: number) => batches(rows, { batchSize: 4, epochs, runtime });
  const left = (all: Progress[]) => all.map(({ secondsLeft }) => secondsLeft);
  const trainer = begin(runtime, () => 1000);
  expect(left(await progressOf(trainer, data(3)))).toEqual(
    [8, 7, 6, 5, 4, 3, 2, 1, 0].map((n) => expect.closeTo(n, 6)),
  );
  const middle = data(2);
  middle.loadStateDict({ ...middle.stateDict(), epoch: '1', position: '1' });
  expect(left(await progressOf(trainer, middle))).toEqual([1, 0].map((n) => expect.closeTo(n, 6)));
  const double = begin(runtime, () => 1000, { accumulate: 2 });
  expect(left(await progressOf(double, data(2)))).toEqual([4, 2, 0].map((n) => expect.closeTo(n, 6)));
  for await (const progress of trainer.run(data(Number.POSITIVE_INFINITY))) {
    expect(progress).not.toHaveProperty('secondsLeft');
    break;
  }
  function* generator() {
    yield batch(1);
  }
  for (const progress of await progressOf(trainer, generator()))
    expect(progress).not.toHaveProperty('secondsLeft');
}

/** Rows are sequences, however they lie. */
async function checkSequences(runtime: Runtime) {
  const rate = async (model: LSTM, input: Tensor) => {
    const { output } = model.forward(input);
    const loss: Loss<Tensor> = (...given) => {
      time += 1000;
      return mse(...given);
    };
    const trainer = new Trainer<Tensor>(model, { loss, optimizer: new SGD(model) });
    const [{ samplesPerSecond }] = await progressOf(trainer, [{ input, target: output }]);
    return Math.round(samplesPerSecond * 1000) / 1000;
  };
  begin(runtime, () => 0);
  expect(await rate(new LSTM(3, 2, { runtime }), tensor('x', 7, 5, 3))).toBe(7);
  expect(await rate(new LSTM(3, 2, { timeMajor: true, runtime }), tensor('x', 5, 7, 3))).toBe(7);
  expect(await rate(new LSTM(3, 2, { runtime }), tensor('x', 5, 3))).toBe(1);
}

async function checkStandingClock(runtime: Runtime) {
  const [{ samplesPerSecond, secondsLeft }] = await progressOf(
    begin(runtime, () => 0),
    [batch(3)],
  );
  expect([samplesPerSecond, secondsLeft]).toEqual([0, 0]);
}

/** Said once, of a step that takes more than 50 ms by itself, and only where there is a page. */
async function checkLong(runtime: Runtime) {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const steps = [10, 50, 51, 200, 10, 200];
  const run = () => {
    let n = 0;
    return progressOf(
      begin(runtime, () => steps[n++]),
      Array(steps.length).fill(batch(1)),
      300,
    );
  };
  await run();
  expect(warn, 'no page').not.toHaveBeenCalled();
  vi.stubGlobal('document', {});
  await run();
  expect(warn.mock.calls.flat()).toEqual([
    expect.stringMatching(
      /^lstm-wasm: a training step took 51 ms.*trainInWorker\(trainer, batches\) of lstm-wasm\/worker/,
    ),
  ]);
}

function suite({ name, create }: Variant) {
  describe(`progress [${name}]`, () => {
    it('samples per second', () => checkPace(create()));
    it('follows a change', () => checkChange(create()));
    it('time left', () => checkLeft(create()));
    it('of sequences', () => checkSequences(create()));
    it('where the clock stands still', () => checkStandingClock(create()));
    it('warns of steps that block a page', () => checkLong(create()));
  });
}

variants.forEach(suite);
