import type { Runtime } from '../runtime/runtime.js';

export const PLAN_BYTES = 27 * 4;

/**
 * One level over one sequence, as assembly/plan.ts reads it at `pointer`: the same fields in the same order, and none
 * beside them. What is 0 is not there.
 */
export class Plan {
  readonly #pointer: number;
  B = 0;
  I = 0;
  H = 0;
  reverse = 0;
  yStride = 0;
  nonlinearity = 0;
  inputPanels = 0;
  hiddenPanels = 0;
  bias = 0;
  x = 0;
  ids = 0;
  y = 0;
  c = 0;
  gates = 0;
  squashed = 0;
  product = 0;
  dy = 0;
  dh = 0;
  dc = 0;
  dx = 0;
  inputBackPanels = 0;
  hiddenBackPanels = 0;
  dInputWeight = 0;
  dHiddenWeight = 0;
  dInputBias = 0;
  dHiddenBias = 0;
  scratch = 0;

  constructor(pointer: number) {
    this.#pointer = pointer;
  }

  get pointer(): number {
    return this.#pointer;
  }

  write(runtime: Runtime): void {
    runtime.i32.set(Object.values(this), this.#pointer >>> 2);
  }
}
