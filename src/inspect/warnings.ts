import { GRU } from '../layers/gru.js';
import { LSTM } from '../layers/lstm.js';
import type { RNN } from '../layers/rnn.js';
import type { Seen } from './cells.js';
import { activationsOf } from './copies.js';
import type { LayerFlow } from './flow.js';
import { SIGMOIDS, specsOf, TANH } from './nonlinearity.js';
import type { Named } from './walk.js';

/** A gate below this is as good as shut. */
const SHUT = 0.05;
/** Beyond this the derivative of tanh, 1 − y², is below 2 %. */
const SATURATED = 0.99;
/** Of forget gates and of saturated values; the other gates are shut at times for good reasons. */
const HALF = 0.5;
const MOST = 0.9;
/** What of a cell counts as forgotten. */
const FORGOTTEN = 0.001;
/** Of the largest norm over time. */
const VANISHED = 1e-6;
/** Times the norm where the gradient came in. */
const EXPLODED = 1e3;

/** Vanishing and explosion of one level, whose steps were computed in `order`. */
export function flowWarnings({ name, dh }: LayerFlow, order: readonly number[]): string[] {
  const back = order.map((t) => dh[t] as number).reverse();
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

/** What stands still because a nonlinearity is at its end. */
export function saturationWarnings(named: Named): string[] {
  const { name, of } = named;
  const { layer } = of;
  const given = activationsOf(layer, named.level.direction);
  const found =
    layer instanceof LSTM
      ? lstmWarnings(named, specsOf(given, ['sigmoid', 'tanh', 'tanh']))
      : layer instanceof GRU
        ? gruWarnings(named, specsOf(given, ['sigmoid', 'tanh']))
        : rnnWarnings(named, specsOf(given ?? [(layer as RNN).nonlinearity], ['tanh']));
  const { h } = named.trace;
  const bad = h.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    found.unshift(`h is not finite from step ${Math.floor(bad / (h.length / of.extent.steps))} on`);
  return found.map((text) => `${name}: ${text}`);
}

function lstmWarnings(named: Named, specs: readonly (readonly number[])[]): string[] {
  const [gate, candidate, cell] = specs.map(([kind]) => kind as number) as [number, number, number];
  const warnings: string[] = [];
  if (SIGMOIDS.includes(gate)) {
    warnings.push(
      ...forgetWarning(gateValues(named, 'f'), 'forget gates'),
      ...shutWarning(gateValues(named, 'i'), 'input gates', 'hardly anything is written'),
      ...shutWarning(
        gateValues(named, 'o'),
        'output gates',
        'hardly anything is read, and hardly any gradient comes in',
      ),
    );
  }
  if (candidate === TANH) warnings.push(...saturatedWarning(gateValues(named, 'g'), 'candidates'));
  if (cell === TANH) {
    const shown = seenValues(named, ({ shown }) => shown as Float32Array);
    warnings.push(...saturatedWarning(shown, 'cells, in tanh,'));
  }
  return warnings;
}

function gruWarnings(named: Named, specs: readonly (readonly number[])[]): string[] {
  const [gate, candidate] = specs.map(([kind]) => kind as number) as [number, number];
  return [
    ...(SIGMOIDS.includes(gate) ? forgetWarning(gateValues(named, 'z'), 'update gates z') : []),
    ...(candidate === TANH ? saturatedWarning(gateValues(named, 'n'), 'candidates') : []),
  ];
}

function rnnWarnings(named: Named, specs: readonly (readonly number[])[]): string[] {
  return specs[0]?.[0] === TANH ? saturatedWarning(liveValues(named, named.trace.h), 'states') : [];
}

function gateValues(named: Named, gate: string): Float32Array {
  return seenValues(named, ({ gates }) => gates[gate] as Float32Array);
}

/** What was seen at all steps that are computed. */
function seenValues({ trace, of }: Named, which: (seen: Seen) => Float32Array): Float32Array {
  const { steps, batch, live } = of.extent;
  const arrays = trace.seen.map(which);
  const all = new Float32Array(steps * batch * of.layer.hiddenSize);
  for (const [t, values] of arrays.entries()) all.set(values, t * values.length);
  return rowsThat(all, live);
}

function liveValues({ of }: Named, values: Float32Array): Float32Array {
  return rowsThat(values, of.extent.live);
}

function rowsThat(values: Float32Array, flags: Uint8Array): Float32Array {
  const width = values.length / flags.length;
  return values.filter((_, n) => flags[Math.floor(n / width)]);
}

function share(values: Float32Array, is: (value: number) => boolean): number {
  return values.length ? values.filter(is).length / values.length : 0;
}

function percent(part: number): string {
  return `${Math.floor(part * 100)} %`;
}

function forgetWarning(values: Float32Array, what: string): string[] {
  const shut = share(values, (value) => value < SHUT);
  if (shut < HALF) return [];
  return [`${percent(shut)} of ${what} are below ${SHUT}: memory lasts about ${memoryOf(values)}`];
}

/** How many steps leave less than 0.1 % of a cell, at the median gate. */
function memoryOf(gates: Float32Array): string {
  const median = gates.slice().sort()[gates.length >> 1] as number;
  let steps = 1;
  for (let left = median; left >= FORGOTTEN; left *= median) steps++;
  return steps === 1 ? '1 step' : `${steps} steps`;
}

function shutWarning(values: Float32Array, what: string, so: string): string[] {
  const shut = share(values, (value) => value < SHUT);
  return shut < MOST ? [] : [`${percent(shut)} of ${what} are below ${SHUT}: ${so}`];
}

function saturatedWarning(values: Float32Array, what: string): string[] {
  const saturated = share(values, (value) => Math.abs(value) > SATURATED);
  if (saturated < HALF) return [];
  return [
    `${percent(saturated)} of ${what} are beyond ±${SATURATED}: less than 2 % of the gradient passes there`,
  ];
}
