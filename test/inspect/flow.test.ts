import { describe, expect, it } from 'vitest';
import { gradientFlow } from '../../src/inspect/index.js';
import { CASES, type InspectCase, subject } from '../helpers/inspect-cases.js';
import { type Network, type Push, run, zoneout } from '../helpers/inspect-reference.js';
import { type Variant, variants } from '../helpers/variants.js';
import { places, stateSize } from '../reference/options.js';

const STEP = 1e-5;

/** ∂loss/∂state for each step, row and unit of a level, by pushing it; with `hold` its gates stay as they were. */
function differences(net: Network, d: ArrayLike<number>, suffix: string, state: 'h' | 'c', hold: boolean) {
  const time = net.input[0].length;
  const perRow = d.length / net.input.length;
  const rows = net.input.map((input, row) => {
    const { lengths, mask, ...rest } = net;
    const alone = {
      ...{ ...rest, input: [input] },
      ...(lengths && { lengths: [lengths[row]] }),
      ...(mask && { mask: [mask[row]] }),
    };
    const own = Array.from({ length: perRow }, (_, n) => d[row * perRow + n]);
    return rowDifferences(alone, own, suffix, state, hold);
  });
  return Array.from({ length: time }, (_, t) => rows.flatMap((row) => row[t]));
}

function rowDifferences(net: Network, d: readonly number[], suffix: string, state: 'h' | 'c', hold: boolean) {
  const held = hold ? { suffix, of: run(net).seen } : undefined;
  const loss = (push: Push) =>
    run(net, push, held)
      .outputs.flat(2)
      .reduce((sum, y, n) => sum + y * d[n], 0);
  const time = net.input[0].length;
  const size = state === 'h' ? stateSize(net) : net.hiddenSize;
  return Array.from({ length: time }, (_, t) =>
    Array.from({ length: size }, (_, unit) => {
      if (t >= (net.lengths?.[0] ?? time)) return 0;
      const push = { suffix, state, t, row: 0, unit };
      return (loss({ ...push, by: STEP }) - loss({ ...push, by: -STEP })) / (2 * STEP);
    }),
  );
}

const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

function expectNear(name: string, actual: Float64Array | undefined, expected: readonly number[]) {
  const most = Math.max(...expected);
  expect(actual?.length, name).toBe(expected.length);
  const apart = expected.map((value, t) => Math.abs(value - (actual as Float64Array)[t]));
  expect(Math.max(...apart), `${name}: ${actual} for ${expected}`).toBeLessThan(1e-5 * most + 1e-7);
}

/** The product of the gates that hold the state, behind each step in the level's order; mean over units and rows within their lengths. */
function products(net: Network, suffix: string, gate: 'f' | 'z'): number[] {
  const traces = run(net).seen.get(suffix) ?? [];
  const reverse = places(net).find((place) => place.suffix === suffix)?.reverse;
  const time = traces[0].length;
  return Array.from({ length: time }, (_, t) => {
    const rows = traces.flatMap((trace, row) => {
      if (t >= (net.lengths?.[row] ?? time)) return [];
      const later = reverse ? trace.slice(0, t) : trace.slice(t + 1);
      const start = trace[0].c.map(() => 1);
      return later.reduce(
        (all, { gates, cell }) => all.map((p, u) => p * kept(net, gate, gates[gate]?.[u], cell[u])),
        start,
      );
    });
    return rows.reduce((sum, p) => sum + p, 0) / rows.length || 0;
  });
}

/** The part of a state that stays where the gates are held. */
function kept(net: Network, gate: 'f' | 'z', value: number | undefined, cell: number): number {
  if (value === undefined) return 1;
  const { cellClip } = net.options;
  const stays = gate === 'f' ? zoneout(net).c : zoneout(net).h;
  return stays + (1 - stays) * (cellClip && Math.abs(cell) >= cellClip ? 0 : value);
}

/** What each level of a case has, by central differences. They are the same for every variant. */
interface Expected {
  dh: number[];
  dc?: number[];
  alongCell?: number[];
  throughGates?: number[];
  forgetProduct?: number[];
}

const known = new Map<string, Map<string, Expected>>();

function expectedOf(name: string, net: Network, d: Float32Array): Map<string, Expected> {
  const levels =
    known.get(name) ?? new Map(places(net).map(({ suffix }) => [suffix, levelOf(net, suffix, d)]));
  known.set(name, levels);
  return levels;
}

function levelOf(net: Network, suffix: string, d: Float32Array): Expected {
  const dh = differences(net, d, suffix, 'h', false);
  if (net.kind === 'RNN') return { dh: dh.map(norm) };
  const isLSTM = net.kind === 'LSTM';
  const whole = isLSTM ? differences(net, d, suffix, 'c', false) : dh;
  const along = differences(net, d, suffix, isLSTM ? 'c' : 'h', true);
  return {
    dh: dh.map(norm),
    ...(isLSTM && { dc: whole.map(norm) }),
    alongCell: along.map(norm),
    throughGates: whole.map((values, t) => norm(values.map((value, n) => value - along[t][n]))),
    forgetProduct: products(net, suffix, isLSTM ? 'f' : 'z'),
  };
}

function checkFlow(name: string, one: InspectCase, variant: Variant) {
  const { layer, net, input, sequence, gradient } = subject(name, one, variant.create());
  const { layers } = gradientFlow(layer, { input, grad: gradient, ...sequence });
  const expected = expectedOf(name, net, gradient.data);
  expect(layers.map((level) => `_${level.name}`)).toEqual([...expected.keys()]);
  for (const { name, cell, ...norms } of layers) {
    expect(cell).toBe(net.kind);
    const own = expected.get(`_${name}`) as Expected;
    expect(Object.keys(norms)).toEqual(Object.keys(own));
    for (const [key, values] of Object.entries(own)) expectNear(key, norms[key as 'dh'], values);
  }
}

describe.each(variants)('gradients over time against central differences [$name]', (variant) => {
  it.each(CASES)('%s', (name, one) => checkFlow(name, one, variant));
});
