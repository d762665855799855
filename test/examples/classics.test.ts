import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { draws } from '../../examples/classics/draws.js';
// @ts-expect-error: plain JavaScript, without declarations
import { ENOUGH, Streak } from '../../examples/classics/streak.js';
// @ts-expect-error: plain JavaScript, without declarations
import { rightInARow } from '../../examples/classics/streams.js';
// @ts-expect-error: plain JavaScript, without declarations
import { addingSequences, answersOf } from '../../examples/classics/tasks/adding.js';
// @ts-expect-error: plain JavaScript, without declarations
import { isRight, reberWindows } from '../../examples/classics/tasks/continual-reber.js';
// @ts-expect-error: plain JavaScript, without declarations
import { copies, memoryless } from '../../examples/classics/tasks/copy.js';
// @ts-expect-error: plain JavaScript, without declarations
import { isPredicted } from '../../examples/classics/tasks/embedded-reber.js';
// @ts-expect-error: plain JavaScript, without declarations
import { pairs } from '../../examples/classics/tasks/noise-free.js';
// @ts-expect-error: plain JavaScript, without declarations
import { embeddedReber, SYMBOLS } from '../../examples/classics/tasks/reber.js';
// @ts-expect-error: plain JavaScript, without declarations
import { isRight as isMeasured, spikeTrains } from '../../examples/classics/tasks/spike-delay.js';
// @ts-expect-error: plain JavaScript, without declarations
import { SYMBOLS as ORDER, orders } from '../../examples/classics/tasks/temporal-order.js';
// @ts-expect-error: plain JavaScript, without declarations
import { problemsOf, TASKS } from '../../examples/classics/tasks.js';
// @ts-expect-error: plain JavaScript, without declarations
import { makeModel, trial } from '../../examples/classics/trial.js';
import { mse } from '../../src/index.js';
import { complaints, ended, isBuilt, NOT_BUILT, start } from '../helpers/programs.js';

/* The tasks of examples/classics by their definitions, on the sources; the command itself on the built package. */
vi.mock('lstm-wasm', () => import('../../src/index.js'));

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-classics-'));
afterAll(() => rmSync(folder, { recursive: true }));

const from = (seed: number) => draws(seed, 'test');

/** Whether the grammar, followed as a graph of its own, accepts a text, and what may follow on each prefix. */
const GRAPH: Record<string, Record<string, string>> = {
  '0': { B: '1' },
  '1': { T: '2', P: '3' },
  '2': { S: '2', X: '4' },
  '3': { T: '3', V: '5' },
  '4': { X: '3', S: '6' },
  '5': { P: '4', V: '6' },
  '6': { E: '7' },
};
function accepts(text: string): boolean {
  const match = /^B([TP])(.*)\1E$/.exec(text);
  if (!match) return false;
  let state: string | undefined = '0';
  for (const symbol of match[2] as string) state = GRAPH[state ?? '']?.[symbol];
  return state === '7';
}

interface ReberString {
  symbols: number[];
  legal: number[][];
}

describe('the tasks', () => {
  it('make strings that the embedded Reber grammar accepts, with all that may follow', () => {
    const source = from(1);
    const strings: ReberString[] = Array.from({ length: 500 }, () => embeddedReber(source));
    const texts = strings.map(({ symbols }) => symbols.map((k) => SYMBOLS[k]).join(''));
    expect(texts.every(accepts)).toBe(true);
    expect(accepts('BTBTXSEPE')).toBe(false);
    // What was seen to follow on a prefix is legal there, and nothing else is, once a prefix came often.
    const seen = new Map<string, { legal: Set<string>; followed: Set<string>; count: number }>();
    for (const [n, text] of texts.entries()) {
      for (let t = 0; t < text.length - 1; t++) {
        const prefix = text.slice(0, t + 1);
        const legal = new Set((strings[n]?.legal[t] ?? []).map((k) => SYMBOLS[k] as string));
        const entry = seen.get(prefix) ?? { legal, followed: new Set(), count: 0 };
        expect(entry.legal).toEqual(legal);
        entry.followed.add(text[t + 1] as string);
        entry.count++;
        seen.set(prefix, entry);
      }
    }
    for (const { legal, followed, count } of seen.values()) {
      if (count > 20) expect(followed).toEqual(legal);
    }
  });

  it('ask in the adding problem for the sum of two marked values', () => {
    const { input, target, lengths } = addingSequences(50, 1, 'test')(200);
    const [, longest] = input.shape;
    for (let n = 0; n < 200; n++) {
      expect(lengths[n]).toBeGreaterThanOrEqual(50);
      expect(lengths[n]).toBeLessThanOrEqual(55);
      const step = (t: number) => input.data.subarray((n * longest + t) * 2, (n * longest + t) * 2 + 2);
      const marked = Array.from({ length: lengths[n] }, (_, t) => t).filter((t) => step(t)[1] === 1);
      const sum = marked.reduce((total, t) => total + step(t)[0], 0);
      expect(target.data[n]).toBeCloseTo(0.5 + sum / 4, 5);
      expect([step(0)[1], step(lengths[n] - 1)[1]]).toEqual([-1, -1]);
      expect(Math.min(...marked)).toBeLessThan(25);
      expect(Math.max(...marked)).toBeLessThanOrEqual(23);
    }
  });

  it.each([2, 3])('class %i symbols by their order', (symbols) => {
    const { input, target, lengths } = orders({ symbols, lag: 100 }, 1, 'test')(100);
    const [, longest] = input.shape;
    for (let n = 0; n < 100; n++) {
      const ids: number[] = [...input.data.subarray(n * longest, n * longest + lengths[n])];
      const text = ids.map((k) => ORDER[k]).join('');
      expect(text).toMatch(/^E[XYabcd]*B$/);
      const places = [...text.matchAll(/[XY]/g)];
      expect(places).toHaveLength(symbols);
      expect(places[0]?.index).toBeGreaterThanOrEqual(10);
      expect(places[0]?.index).toBeLessThanOrEqual(20);
      expect(target[n]).toBe(places.reduce((bits, [symbol]) => 2 * bits + (symbol === 'Y' ? 1 : 0), 0));
    }
  });

  it('measure the steps between spikes', () => {
    const size = { lanes: 3, window: 40, least: 10, largest: 4, seed: 1, use: 'test' };
    const next = spikeTrains(size);
    const windows = Array.from({ length: 10 }, next) as ReturnType<typeof next>[];
    for (let lane = 0; lane < 3; lane++) {
      let before = -1;
      for (let t = 0; t < 400; t++) {
        const { input, target, mask } = windows[Math.floor(t / 40)];
        const n = lane * 40 + (t % 40);
        expect(mask[n]).toBe(input.data[n]);
        if (input.data[n] === 0) continue;
        expect(target.data[n]).toBe(t - before - 10);
        before = t;
      }
      expect(before).toBeGreaterThan(300);
    }
  });

  it('copy ten letters after the lag, and begin again in a stream', () => {
    const { input, target } = copies(30, 1, 'test')(2);
    expect([...target.data.subarray(90, 100)]).toEqual([...input.data.subarray(50, 60)]);
    expect([...input.data.subarray(60, 90)]).toEqual([...Array(29).fill(8), 9]);
    expect(target.data.subarray(50, 90)).toEqual(new Int32Array(40).fill(8));
    expect(memoryless(1000)).toBeCloseTo(0.0204, 4);
    expect([...pairs(4, [0, 1]).input.data]).toEqual([3, 0, 1, 2, 4, 0, 1, 2]);
    expect([...pairs(4, [0, 1]).target.data]).toEqual([0, 1, 2, 3, 0, 1, 2, 4]);
    const next = reberWindows({ lanes: 2, window: 30, perStream: 2, seed: 1, use: 'test' });
    expect([next(), next(), next()].map(({ reset }) => reset)).toEqual([true, false, true]);
  });
});

describe('the criteria', () => {
  it('want all of the latest 2,000 answers right', () => {
    const streak = new Streak(0.01);
    const tensor = (values: number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });
    const see = (error: number, count: number) =>
      streak.see(answersOf(tensor(Array(count).fill(0.5 + error)), tensor(Array(count).fill(0.5))));
    see(0.039, ENOUGH - 1);
    expect(streak.judge().solved).toBe(false);
    see(0.041, 1);
    see(0.039, ENOUGH - 1);
    expect(streak.judge().solved).toBe(false);
    see(0.039, 1);
    expect(streak.judge().solved).toBe(true);
  });

  it('pass who knows the Reber grammar, and no one who errs once', () => {
    const { symbols, legal }: ReberString = embeddedReber(from(2));
    const outputs = new Float32Array(symbols.length * 7).fill(-1);
    for (const [t, may] of legal.entries()) for (const k of may) outputs[t * 7 + k] = 1;
    expect(isPredicted(outputs, legal)).toBe(true);
    const outer = symbols.length - 3;
    outputs[outer * 7 + (legal[outer]?.[0] === 1 ? 2 : 1)] = 1;
    expect(isPredicted(outputs, legal)).toBe(false);
  });

  it('count answers of a stream until the first wrong one', () => {
    const size = { lanes: 2, window: 20, most: 50 };
    // Says what it reads: the oracle is what is read.
    const states = { hN: 0, cN: 0 };
    const model = {
      layers: [
        { forward: (input: { data: Float32Array }) => ({ output: input, ...states }) },
        { forward: (output: object) => ({ output }) },
      ],
    };
    const windows = (wrongAt: number) => {
      const next = reberWindows({ lanes: 2, window: 20, seed: 1, use: 'test' });
      let t = 0;
      return () => {
        const { target } = next();
        const data = target.data.map((one: number) => 2 * one - 1);
        if (wrongAt >= t && wrongAt < t + 20) data[(wrongAt - t) * 7 + 5] *= -1;
        t += 20;
        return { input: { data }, target };
      };
    };
    expect(rightInARow(model, windows(1000), size, isRight)).toEqual([50, 50]);
    expect(rightInARow(model, windows(33), size, isRight)).toEqual([33, 50]);
    const [target, mask] = [{ data: [1, 0] }, [1, 0]];
    expect(isMeasured([1.48, 9], { target, mask }, 0)).toBe(true);
    expect(isMeasured([1.5, 9], { target, mask }, 0)).toBe(false);
    expect(isMeasured([1, 9], { target, mask }, 1)).toBeUndefined();
  });
});

describe('training [simd]', () => {
  it('leaves no forget gate where there is none', () => {
    const form = { cell: 'LSTM', inputs: 2, units: 4, outputs: 1, seed: 1, returnSequences: false };
    const model = makeModel({ ...form, noForgetGate: true });
    const forget = () =>
      ['0.weight_ih_l0', '0.weight_hh_l0', '0.bias_ih_l0', '0.bias_hh_l0'].map((name) => {
        const values: Float32Array = model.parameters.get(name).read();
        return [...values.subarray(values.length / 4, values.length / 2)];
      });
    const before = forget();
    expect(before.map((values) => new Set(values))).toEqual([0, 0, 100, 0].map((value) => new Set([value])));
    const input = model.parameters.get('0.weight_ih_l0').read();
    const fresh = addingSequences(20, 1, 'training');
    const judge = () => ({ value: 0, solved: false });
    trial(model, { fresh, loss: mse, judge, batch: 8, budget: 160, lr: 0.01 });
    expect(forget()).toEqual(before);
    expect(model.parameters.get('0.weight_ih_l0').read()).not.toEqual(input);
  });

  it.each([
    ['noise-free', { lag: 10, budget: 8000 }],
    ['embedded-reber', { budget: 30_000 }],
  ])('solves a small %s, twice the same', (name, small) => {
    const [problem] = problemsOf(TASKS[name], true);
    const [form] = problem.forms;
    const parts: number[] = [];
    const onProgress = (part: number) => parts.push(part);
    const done = TASKS[name].run({ ...problem, ...small }, form, { seed: 1, onProgress });
    expect(done.solved).toBe(true);
    expect(done.sequences).toBeLessThan(small.budget);
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
    const again = TASKS[name].run({ ...problem, ...small }, form, { seed: 1 });
    expect(again).toEqual(done);
  });
});

describe.runIf(isBuilt)('the command', () => {
  const run = (...args: string[]) => ended(start('classics/main.js', args, { cwd: folder }));

  it('trains in workers, reports each trial, and draws', async () => {
    const done = await run('--quick', 'noise-free', '--out', 'pictures');
    expect(complaints(done)).toEqual([]);
    const { code, stdout } = done;
    expect(code).toBe(0);
    expect(stdout).toMatch(/noise-free long lag, p = 20: LSTM, seed 1 .* solved after [\d,]+ sequences/);
    expect(stdout).toMatch(/^\| noise-free long lag, p = 20 +\|.* 1 of 1 solved; .* 0 of 1 solved; .*\|$/m);
    const svg = readFileSync(join(folder, 'pictures/noise-free.svg')).toString();
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('says in one sentence what it cannot do', async () => {
    const refused = [
      [['reber'], 'classics: tasks expected some of adding, temporal-order,'],
      [['--seeds', '0'], 'classics: --seeds expected a whole number from 1 to 1000, got "0"'],
      [['--workers', 'two'], 'classics: --workers expected a whole number from 1 to 64, got "two"'],
      [['--sedes', '1'], 'classics: Unknown option'],
    ] as const;
    const answers = await Promise.all(refused.map(([args]) => run(...args)));
    for (const [n, { code, stdout, stderr }] of answers.entries()) {
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(refused[n]?.[1]);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});

if (!isBuilt) it('the command', (ctx) => ctx.skip(NOT_BUILT));
