// The acceptance lines, judged from the samples of this run alone. A ratio is their time over ours within one round, and its
// median decides; the interval gives its uncertainty.

import { bootstrapMedian, median } from './statistics.js';
import { ran } from './table.js';
import { weightBytes } from './workloads.js';

const WIDTHS = [64, 128, 256, 512];

/** Their time over ours, at least `bound`. Of several rivals the fastest counts. */
const faster = (text, line, rivals, bound, ours = 'relaxed') => ({
  text: `${ours} against ${rivals.join('/')}, ${line}${text ? ` (${text})` : ''}`,
  atLeast: bound,
  values: (run) => ratios(lineOf(run, line), rivals, ours),
});

const steps = WIDTHS.flatMap((H, n) => [
  faster('', `step-${H}`, ['ort-web'], [5, 4, 3, 1.5][n]),
  faster('native', `step-${H}`, ['ort-node'], 1),
  faster('native', `step-${H}`, ['torch'], 1),
]);

const sequences = WIDTHS.flatMap((H) => [
  faster(H < 512 ? 'aim 2' : '', `sequence1-${H}`, ['ort-web'], H < 512 ? 1.5 : 1.3),
  faster('within 1.3× of native', `sequence1-${H}`, ['ort-node'], 1 / 1.3),
]);

const batches = [128, 256].flatMap((H) => [
  faster('', `sequence32-${H}`, ['ort-web'], 2.5),
  faster('within 1.25× of native, aim 1', `sequence32-${H}`, ['ort-node'], 1 / 1.25),
]);

const training = [
  faster('within 1.6×', 'train32-128', ['torch'], 1 / 1.6),
  faster('within 2×', 'train32-256', ['torch'], 1 / 2),
  faster('', 'train1-128', ['torch'], 1),
  faster('', 'train-small', ['torch'], 1),
  faster('', 'train1-128', ['jax'], 5),
  faster('', 'train1-128', ['tfjs-wasm', 'tfjs-cpu'], 30),
  faster('another cell', 'train1-128', ['brain'], 30),
];

const limits = [
  ...['forward', 'input', 'weight'].map((part) => ({
    text: `GEMM, product-${part}, share of the fused peak`,
    atLeast: 0.75,
    values: (run) => shares(lineOf(run, `product-${part}`), 'relaxed', ({ fused }) => 1 / (fused * 1e6)),
  })),
  ...WIDTHS.map((H) => ({
    text: `step-${H}, share of the tighter of fused peak and reading the weights`,
    atLeast: 0.6,
    values: (run) => shares(lineOf(run, `step-${H}`), 'relaxed', tighter),
  })),
];

const simd = [...WIDTHS.map((H) => `step-${H}`), ...WIDTHS.map((H) => `sequence1-${H}`)]
  .concat('sequence32-128', 'sequence32-256')
  .map((line) => faster('', line, ['ort-web'], 1, 'simd'));

const cold = ['lstm-wasm', 'lstm-wasm relaxed'].flatMap((name) => [
  { text: `${name}, import to first result, ms`, atMost: 15, values: ({ cold }) => cold[name]?.ms },
  {
    text: `${name}, memory above an empty process, MB`,
    atMost: 16,
    values: ({ cold }) => cold[name]?.bytes.map((b) => b / 1e6),
  },
  { text: `${name}, instantiation, ms`, atMost: 3, values: ({ cold }) => cold[name]?.instantiation },
]);

const ACCEPTANCE = [...steps, ...sequences, ...batches, ...training, ...limits, ...simd, ...cold];

export function judge(run) {
  return ACCEPTANCE.map(({ text, atLeast, atMost, values }) => {
    const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${Number(atLeast.toFixed(3))}`;
    try {
      const found = values(run);
      if (!found?.length) return { text, bound, verdict: 'NOT RUN', why: 'not measured in this run' };
      const result = bootstrapMedian(found);
      const holds = atLeast === undefined ? result.median <= atMost : result.median >= atLeast;
      return { text, bound, ...result, verdict: holds ? 'PASS' : 'FAIL' };
    } catch (error) {
      return { text, bound, verdict: 'NOT RUN', why: error.message };
    }
  });
}

function lineOf({ lines }, name) {
  const line = lines.find((candidate) => candidate.name === name);
  if (!line) throw new Error('not measured in this run');
  return line;
}

function samplesOf(line, name) {
  const result = line.results[name];
  if (!result) throw new Error(`${name} was not run`);
  if (result.void) throw new Error(`${name} is void, ${result.void}`);
  if (result.missing) throw new Error(`${name}: ${result.missing}`);
  return result.samples;
}

function ratios(line, rivals, ours) {
  const mine = samplesOf(line, ours);
  const present = rivals.filter((name) => ran(line.results[name]?.samples).length > 0);
  const theirs = (present.length > 0 ? present : rivals)
    .map((name) => samplesOf(line, name))
    .sort((a, b) => median(ran(a)) - median(ran(b)))[0];
  return paired(mine, theirs, (our, their) => their / our);
}

/** The limit's time over ours. `least` gives the ms of one operation under the limits of a round. */
function shares(line, ours, least) {
  return paired(samplesOf(line, ours), line.limits, (ms, limit) => (line.flops * least(limit, line)) / ms);
}

/** A step at least computes its products and reads its weights. */
function tighter({ fused, bandwidth }, line) {
  return Math.max(1 / (fused * 1e6), weightBytes(line) / line.flops / (bandwidth * 1e6));
}

/** Rounds that both took part in. */
function paired(first, second, combine) {
  return first.flatMap((value, n) => (value == null || second[n] == null ? [] : [combine(value, second[n])]));
}
