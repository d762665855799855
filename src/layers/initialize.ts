import type { Runtime } from '../runtime/runtime.js';
import { checkSeed } from '../validation/options.js';
import type { Parameter } from './parameter.js';

/** Set in a layer's options when its parameters will be loaded, so no initial values are drawn. */
export const UNINITIALIZED = Symbol('uninitialized');

/** The seed and stream of a layer's random numbers: its own seed, or the runtime's seed with a stream of its own. */
export function streamOf(runtime: Runtime, seed: number | undefined): { seed: number; stream: number } {
  if (seed === undefined) return { seed: runtime.seed, stream: runtime.nextStream() };
  return { seed: checkSeed('seed', seed), stream: OWN_STREAM };
}

/** The address of the core's random source for each part of a layer's stream. */
export function drawSource(runtime: Runtime, own: number | undefined): (part: number) => number {
  const { seed, stream } = streamOf(runtime, own);
  return (part) => runtime.source(seed, stream, part);
}

/** The stream of layers with their own seed. The runtime's streams count up from 0. */
const OWN_STREAM = 0xffffffff;

/** U(−bound, bound) */
export function uniform(parameter: Parameter, bound: number, source: number): void {
  parameter.runtime.core.fillUniform(parameter.pointer, parameter.size, -bound, bound, source);
  parameter.version++;
}

/** N(0, deviation²) */
export function normal(parameter: Parameter, deviation: number, source: number): void {
  parameter.runtime.core.fillNormal(parameter.pointer, parameter.size, 0, deviation, source);
  parameter.version++;
}

/** The scratch memory that drawing an orthogonal matrix takes. */
export function orthogonalBytes(rows: number, columns: number): number {
  return (rows + 1) * (columns + 1) * 8;
}

/** Orthonormal columns, as Keras's `orthogonal` (Saxe et al. 2014): over the whole matrix, or block `block` of `blocks` blocks of rows. */
export function orthogonal(parameter: Parameter, source: number, block = 0, blocks = 1): void {
  const [rows, columns] = parameter.shape as [number, number];
  const { runtime } = parameter;
  const count = rows / blocks;
  runtime.core.fillOrthogonal(
    parameter.pointer + block * count * columns * 4,
    count,
    columns,
    source,
    runtime.scratch(orthogonalBytes(count, columns)),
  );
  parameter.version++;
}
