import { checkActivations, type Nonlinearity } from '../layers/nonlinearities.js';
import type { Recurrent } from '../layers/recurrent.js';
import type { Runtime } from '../runtime/runtime.js';
import { each } from './sequence.js';

/** Kind, alpha and beta, as the core takes them. */
export type Spec = readonly number[];

/** The nonlinearities of a cell in its order, `given` or `defaults`. */
export function specsOf(given: unknown, defaults: readonly Nonlinearity[]): Spec[] {
  const [checked = []] = checkActivations(given, defaults.map(String), defaults, 1);
  return checked.map(({ kind, alpha, beta }) => [kind, alpha, beta]);
}

/** The numbers of those whose values lie between 0 and 1, and of tanh, as the core counts them. */
export const SIGMOIDS: readonly number[] = [1, 4];
export const TANH = 0;

/** The core's own nonlinearity: the host's exponential differs between engines. */
export function squash(runtime: Runtime, spec: Spec, a: Float32Array): Float32Array {
  const [kind, alpha, beta] = spec as [number, number, number];
  const at = runtime.scratch(a.length * 4 + 16);
  runtime.f32.set(a, at >>> 2);
  runtime.core.activationForward(at, at, a.length, kind, alpha, beta);
  return runtime.f32.slice(at >>> 2, (at >>> 2) + a.length);
}

/** Its derivative, from what it reads and gives. */
export function slopeOf(runtime: Runtime, spec: Spec, a: Float32Array, y: Float32Array): Float32Array {
  const [kind, alpha, beta] = spec as [number, number, number];
  const size = Math.ceil(a.length / 4) * 16;
  const ones = runtime.scratch(3 * size + 16);
  const { f32, core } = runtime;
  f32.fill(1, ones >>> 2, (ones + size) >>> 2);
  f32.set(a, (ones + size) >>> 2);
  f32.set(y, (ones + 2 * size) >>> 2);
  core.activationBackward(ones, ones, ones + size, ones + 2 * size, a.length, kind, alpha, beta);
  return f32.slice(ones >>> 2, (ones >>> 2) + a.length);
}

/** What a nonlinearity reads, under the bound that there may be. */
export function bounded(layer: Recurrent, a: Float32Array): Float32Array {
  const clip = Math.fround(layer.clip);
  return clip > 0 ? a.map((value) => Math.min(Math.max(value, -clip), clip)) : a;
}

/** ψ' at what it reads; 0 where the bound holds that. */
export function boundedSlope(layer: Recurrent, spec: Spec, a: Float32Array, y: Float32Array): Float32Array {
  const slope = slopeOf(layer.runtime, spec, a, y);
  const clip = Math.fround(layer.clip);
  return clip > 0 ? each((d, x) => (Math.abs(x) < clip ? d : 0), slope, a) : slope;
}
