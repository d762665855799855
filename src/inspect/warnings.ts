import type { GateRole } from '../layers/cell.js';
import { HARD_SIGMOID, SIGMOID, TANH } from '../runtime/structs/activation-kind.js';
import type { TracedLevel, Values } from './level.js';

/** A gate below this counts as closed. */
const CLOSED = 0.05;
/** Beyond this the derivative of tanh, 1 − y², is below 2 %. */
const SATURATED = 0.99;
/** Fractions that warn: HALF of forget gates and saturated values, MOST of other gates, which are often closed for good reasons. */
const HALF = 0.5;
const MOST = 0.9;
/** A cell state counts as forgotten once less than this fraction is left. */
const FORGOTTEN = 0.001;
/** A fraction of the largest norm over time. */
const VANISHED = 1e-6;
/** A multiple of the norm at the step where the gradient enters. */
const EXPLODED = 1e3;

/** The activations with values from 0 to 1. */
const SIGMOIDS: readonly number[] = [SIGMOID, HARD_SIGMOID];

/** The checks of gates, by role. */
const GATES: readonly [GateRole, (values: Float32Array) => string[]][] = [
  ['forget', (values) => forgetWarning(values, 'forget gates')],
  ['update', (values) => forgetWarning(values, 'update gates z')],
  ['input', (values) => closedWarning(values, 'input gates', 'hardly anything is written')],
  [
    'output',
    (values) =>
      closedWarning(values, 'output gates', 'hardly anything is read, and hardly any gradient comes in'),
  ],
];

/** Vanishing and exploding gradients of one level; `reverse`: its steps ran from the last to the first. */
export function flowWarnings(name: string, dh: Float64Array, reverse: boolean): string[] {
  const back = reverse ? [...dh] : [...dh].reverse();
  if (back.some((norm) => !Number.isFinite(norm)))
    return [
      `${name}: the gradient explodes: it is not finite ${back.findIndex((norm) => !Number.isFinite(norm))} steps back`,
    ];
  const largest = Math.max(...back);
  const warnings = [];
  const entered = back.find((norm) => norm > 0) ?? 0;
  if (largest > EXPLODED * entered) {
    const times = (largest / entered).toExponential(0);
    warnings.push(
      `${name}: the gradient explodes: ${back.indexOf(largest)} steps back it is ${times} times what it was at the end`,
    );
  }
  const steps = back.map((norm) => norm >= VANISHED * largest).lastIndexOf(true);
  if (largest > 0 && steps < back.length - 1)
    warnings.push(
      `${name}: the gradient vanishes: from ${steps + 1} steps back on less than a millionth of it is left, of ${back.length} steps`,
    );
  return warnings;
}

/** Gates that stay closed, saturated candidates and states. Call it before backward, which overwrites the gates. */
export function saturationWarnings(level: TracedLevel): string[] {
  const { name, h, squashed, rows } = level;
  const found: string[] = [];
  const bad = rows.find((row) => level.row(h, row).some((value) => !Number.isFinite(value)));
  if (bad) found.push(`h is not finite from step ${bad.step} on`);
  const gates = Object.fromEntries(level.gates.map(({ role, values }) => [role, values]));
  const sigmoid = SIGMOIDS.includes(level.activation('gate') as number);
  for (const [role, warning] of sigmoid ? GATES : []) {
    const values = gates[role];
    if (values) found.push(...warning(liveValues(level, values)));
  }
  const tanh = (part: string) => level.activation(part) === TANH;
  const candidates = gates.candidate;
  if (candidates && tanh('candidate'))
    found.push(...saturatedWarning(liveValues(level, candidates), 'candidates'));
  if (squashed && tanh('cell'))
    found.push(...saturatedWarning(liveValues(level, squashed), 'cells, in tanh,'));
  if (tanh('activation')) found.push(...saturatedWarning(liveValues(level, h), 'states'));
  return found.map((text) => `${name}: ${text}`);
}

/** All values of steps that are neither masked nor after the end of a sequence. */
function liveValues(level: TracedLevel, values: Values): Float32Array {
  const rows = level.rows.filter(({ masked }) => !masked);
  const all = new Float32Array(rows.length * values.width);
  for (const [n, row] of rows.entries()) all.set(level.row(values, row), n * values.width);
  return all;
}

function share(values: Float32Array, is: (value: number) => boolean): number {
  return values.length ? values.filter(is).length / values.length : 0;
}

function percent(part: number): string {
  return `${Math.floor(part * 100)} %`;
}

function forgetWarning(values: Float32Array, what: string): string[] {
  const closed = share(values, (value) => value < CLOSED);
  if (closed < HALF) return [];
  return [`${percent(closed)} of ${what} are below ${CLOSED}: memory lasts about ${memoryOf(values)}`];
}

/** How many steps leave less than 0.1 % of a cell, at the median gate. */
function memoryOf(gates: Float32Array): string {
  // The lower median: at least half are below CLOSED, so it is, and the loop ends.
  const median = gates.slice().sort()[(gates.length - 1) >> 1] as number;
  let steps = 1;
  for (let left = median; left >= FORGOTTEN; left *= median) steps++;
  return steps === 1 ? '1 step' : `${steps} steps`;
}

function closedWarning(values: Float32Array, what: string, effect: string): string[] {
  const closed = share(values, (value) => value < CLOSED);
  return closed < MOST ? [] : [`${percent(closed)} of ${what} are below ${CLOSED}: ${effect}`];
}

function saturatedWarning(values: Float32Array, what: string): string[] {
  const saturated = share(values, (value) => Math.abs(value) > SATURATED);
  if (saturated < HALF) return [];
  return [
    `${percent(saturated)} of ${what} are beyond ±${SATURATED}: less than 2 % of the gradient passes there`,
  ];
}
