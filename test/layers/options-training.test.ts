import { describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/index.js';
import {
  checkCase,
  derivativesOf,
  expectDerivatives,
  expectedOf,
  gradientsOf,
  lossOf,
  run,
} from '../helpers/compare-with-reference.js';
import {
  build,
  caseOf,
  draw,
  drawFor,
  type Given,
  make,
  values,
  wellConditioned,
} from '../helpers/options.js';
import { full, identity, maskOf, openLayer, zoneoutOf } from '../helpers/training-masks.js';
import { type Variant, variants } from '../helpers/variants.js';
import type { Kind, Options } from '../reference/options.js';
import type { Draws } from '../reference/steps.js';

const KINDS: readonly Kind[] = ['LSTM', 'GRU', 'RNN'];

const SEED = { seed: 7 };

/** How often `values` hold `wanted`, which has to be `p` of them, and as often in each of many rows as chance has it. */
function expectShare(values: readonly boolean[], p: number, name: string) {
  const share = values.filter(Boolean).length / values.length;
  expect(Math.abs(share - p), `${name}: ${share} for ${p}`).toBeLessThan(
    5 * Math.sqrt((p * (1 - p)) / values.length),
  );
}

function checkMaskShares(kind: Kind, option: 'inputDropout' | 'recurrentDropout', runtime: Runtime) {
  for (const p of [0.25, 0.5, 0.875]) {
    const one = caseOf(kind, {}, { inputSize: 32, hiddenSize: 32, batch: 64, time: 3 });
    const weight = option === 'inputDropout' ? 'weight_ih_l0' : 'weight_hh_l0';
    const more = { runtime, ...SEED, [option]: p };
    const mask = maskOf(one, more, weight);
    const kept = Math.fround(1 / (1 - p));
    for (const value of mask.flat()) expect([0, kept]).toContain(value);
    expectShare(
      mask.flat().map((m) => m === 0),
      p,
      option,
    );
    const agree = mask.slice(1).flatMap((row, b) => row.map((m, u) => m === mask[b][u]));
    expectShare(agree, p * p + (1 - p) * (1 - p), `${option}, one row as the next`);
    expect(maskOf(one, more, weight), 'the same seed').toEqual(mask);
    expect(maskOf(one, { ...more, seed: 8 }, weight), 'another seed').not.toEqual(mask);
  }
}

/** One mask for the sequence: h_t = m^t ∘ h_0 or m ∘ x. A second sequence has another one, evaluation none. */
function checkSameAtAllSteps(kind: Kind, runtime: Runtime) {
  const one = caseOf(kind, {}, { inputSize: 16, hiddenSize: 16, batch: 4, time: 4 });
  const input = full(1, 4, 4, 16);
  const layer = openLayer(one, { runtime, ...SEED, inputDropout: 0.5 }, 'weight_ih_l0', identity);
  const first = layer.forward(input, { training: true }).output.data;
  first.forEach((value, n) => expect(value).toBe(first[n - (n % 64) + (n % 16)]));
  expect(layer.forward(input, { training: true }).output.data).not.toEqual(first);
  expect(layer.forward(input, { record: true }).output.data).toEqual(input.data);

  const recurrent = openLayer(one, { runtime, ...SEED, recurrentDropout: 0.5 }, 'weight_hh_l0', identity);
  const h0 = full(1, 1, 4, 16);
  const powers = recurrent.forward(full(0, 4, 4, 16), { h0, training: true }).output.data;
  powers.forEach((value, n) => {
    const m = powers[n - (n % 64) + (n % 16)] as number;
    expect(value).toBe(m ** (1 + (Math.floor(n / 16) % 4)));
  });
  expect(recurrent.forward(full(0, 4, 4, 16), { h0 }).output.data).toEqual(input.data);
}

function checkZoneoutShares(kind: Kind, runtime: Runtime) {
  const one = caseOf(kind, {}, { hiddenSize: 32, batch: 32, time: 8 });
  const zoneout = kind === 'LSTM' ? { h: 0.125, c: 0.5 } : { h: 0.125 };
  const { h, c } = zoneoutOf(one, { runtime, ...SEED, zoneout });
  const kept = { h, ...(kind === 'LSTM' && { c }) };
  for (const [name, values] of Object.entries(kept)) {
    const p = zoneout[name as 'h'];
    expectShare(values.flat(2).map(Boolean), p, `zoneout of ${name}`);
    const again = values.flatMap((steps) =>
      steps.slice(1).flatMap((row, t) => row.map((z, u) => z === steps[t][u])),
    );
    expectShare(again, p * p + (1 - p) * (1 - p), `zoneout of ${name}, one step as the next`);
  }
  const both = h.flatMap((steps, b) => steps.flatMap((row, t) => row.map((z, u) => z === c[b][t][u])));
  if (kind === 'LSTM') expectShare(both, 0.125 * 0.5 + 0.875 * 0.5, 'zoneout of h as of c');
}

/** With the masks that the seed draws: forward and gradients against the reference with the same. */
function checkAgainstReference(
  kind: Kind,
  options: Options & { inputDropout?: number; recurrentDropout?: number },
  runtime: Runtime,
) {
  const { inputDropout, recurrentDropout, ...rest } = options;
  const more = { runtime, ...SEED, ...options };
  const plain = caseOf(kind, {}, { inputSize: 6, hiddenSize: 6, batch: 3, time: 4 });
  const input = inputDropout ? maskOf(plain, more, 'weight_ih_l0') : undefined;
  const recurrent = recurrentDropout ? maskOf(plain, more, 'weight_hh_l0') : undefined;
  const zoneout = rest.zoneout === undefined ? undefined : zoneoutOf(plain, more);
  const draws = (_: unknown, row: number): Draws => ({
    ...(input && { input: input[row] }),
    ...(recurrent && { recurrent: recurrent[row] }),
    ...(zoneout && {
      zoneout: { h: zoneout.h[row], c: kind === 'LSTM' ? zoneout.c[row] : [[], [], [], []] },
    }),
  });
  const one = { ...plain, options: rest, draws };
  const given = drawFor(wellConditioned, one, `training ${kind}`);
  const manner = { layer: { ...SEED, inputDropout, recurrentDropout }, training: true };
  if (inputDropout === undefined) delete manner.layer.inputDropout;
  if (recurrentDropout === undefined) delete manner.layer.recurrentDropout;
  checkCase(one, given, expectedOf(one, given, 12), runtime, manner);
}

const STACKED: [Kind, Options][] = KINDS.flatMap((kind) =>
  [
    { inputDropout: 0.25 },
    { recurrentDropout: 0.25 },
    { zoneout: 0.25 },
    { dropout: 0.25 },
    { inputDropout: 0.25, recurrentDropout: 0.25, zoneout: 0.25, dropout: 0.25 },
  ].flatMap((options): [Kind, Options][] => [
    [kind, { numLayers: 2, ...options }],
    [kind, { numLayers: 2, bidirectional: true, merge: 'sum', ...options }],
  ]),
);

/** A stack draws a mask for each of its places: against differences of the core itself, with layers of the same seed. */
function checkStacked(kind: Kind, options: Options, runtime: Runtime) {
  const shape = { inputSize: 2, hiddenSize: 3, batch: 2, time: 3, lengths: [3, 2] };
  const one = caseOf(kind, options, shape);
  const given = draw(one, `stacked ${kind}`);
  const manner = { layer: SEED, training: true };
  const loss = (moved: Given) => {
    const layer = build(one, moved, runtime, SEED);
    const sum = lossOf(one, given, run(layer, one, moved, manner));
    layer.dispose();
    return sum;
  };
  const layer = build(one, given, runtime, SEED);
  const evaluated = run(layer, one, given, {});
  const trained = run(layer, one, given, manner);
  expect(trained.output.data).not.toEqual(evaluated.output.data);
  expectDerivatives(gradientsOf(layer, one, given), derivativesOf(given, loss, 2, 2 ** -7), 1e-3);
  layer.dispose();
}

/** Each level and direction has its own mask. */
function checkApart(runtime: Runtime) {
  const p = 0.5;
  const options = { activations: ['affine'] as const, bias: false, bidirectional: true };
  const layer = make(
    { kind: 'RNN', inputSize: 64, hiddenSize: 64, options },
    { runtime, ...SEED, inputDropout: p },
  );
  for (const [name, parameter] of layer.parameters)
    parameter.write(
      Float32Array.from({ length: 64 * 64 }, (_, n) =>
        name.startsWith('weight_ih') ? identity(n >> 6, n % 64) : 0,
      ),
    );
  const { output } = layer.forward(full(1, 16, 1, 64), { training: true });
  const agree = Array.from({ length: 16 * 64 }, (_, n) => {
    const at = (n >> 6) * 128 + (n % 64);
    return output.data[at] === output.data[at + 64];
  });
  expectShare(agree, 0.5, 'one direction as the other');
}

function checkEvaluation(kind: Kind, runtime: Runtime) {
  const one = caseOf(kind, { numLayers: 2 });
  const given = draw(one, 'evaluation');
  const input = { data: Float32Array.from(values('x', [3, 4, 3], 1).data), shape: [3, 4, 3] };
  const dropouts = { inputDropout: 0.5, recurrentDropout: 0.5, dropout: 0.5 };
  const expected = build(one, given, runtime).forward(input, { record: true });
  for (const more of [dropouts, { inputDropout: 0, recurrentDropout: 0, zoneout: 0 }]) {
    const layer = build(one, given, runtime, more);
    expect(layer.forward(input, { record: true }).output.data).toEqual(expected.output.data);
    if (more !== dropouts)
      expect(layer.forward(input, { training: true }).output.data).toEqual(expected.output.data);
  }
}

function suite({ name, create }: Variant) {
  const runtime = create();
  describe(`what training draws [${name}]`, () => {
    describe.each(KINDS)('%s', (kind) => {
      it('inputDropout zeroes its share', () => checkMaskShares(kind, 'inputDropout', runtime));
      it('recurrentDropout zeroes its share', () => checkMaskShares(kind, 'recurrentDropout', runtime));
      it('a mask is the same at all steps', () => checkSameAtAllSteps(kind, runtime));
      it('zoneout keeps its share', () => checkZoneoutShares(kind, runtime));
      it('evaluation draws nothing', () => checkEvaluation(kind, runtime));
      it.each<object>([
        { inputDropout: 0.25 },
        { recurrentDropout: 0.25 },
        { inputDropout: 0.5, recurrentDropout: 0.25 },
        { zoneout: 0.25 },
        { zoneout: { h: 0.5 } },
      ])('%j against the reference', (options) => checkAgainstReference(kind, options, runtime));
    });

    it('each direction has its own mask', () => checkApart(runtime));
    it.each(STACKED)('%s %j against differences', (kind, options) => checkStacked(kind, options, runtime));
  });
}

variants.forEach(suite);
