/**
 * The faster binary.
 *
 * @module lstm-wasm/relaxed
 */

import relaxedSource from '#wasm/relaxed';
import type { Binary } from './runtime/binary.js';

export type { Binary } from './runtime/binary.js';

/**
 * The faster binary: products and sums are fused where the engine does so, and results may differ from `simd` in the last
 * bits, and from engine to engine.
 *
 * @example
 * ```ts
 * import { createRuntime, setDefaultRuntime } from 'lstm-wasm';
 * import { relaxed } from 'lstm-wasm/relaxed';
 * const runtime = createRuntime({ binary: relaxed });
 * setDefaultRuntime(runtime);
 * console.log(runtime.variant); // relaxed, or simd where the engine has no relaxed SIMD
 * ```
 */
export const relaxed: Binary = { variant: 'relaxed', source: relaxedSource };
