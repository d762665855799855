import type { Runtime } from '../runtime/runtime.js';

/** Fields of four bytes each, which the core reads at `pointer`: the numbers with a fraction first. What is 0 is not there. */
abstract class Struct {
  readonly #pointer: number;

  constructor(pointer: number) {
    this.#pointer = pointer;
  }

  get pointer(): number {
    return this.#pointer;
  }

  write(runtime: Runtime, fractions = 0): void {
    const values = Object.values(this);
    runtime.i32.set(values, this.#pointer >>> 2);
    runtime.f32.set(values.slice(0, fractions), this.#pointer >>> 2);
  }
}

export const PLAN_BYTES = 28 * 4;

/** One level over one sequence: the fields of assembly/plan.ts in the same order, and none beside them. */
export class Plan extends Struct {
  B = 0;
  I = 0;
  H = 0;
  reverse = 0;
  yStride = 0;
  active = 0;
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
  general = 0;
}

export const GENERAL_BYTES = 55 * 4;

/** The same for the general cell's part of it. */
export class General extends Struct {
  clip = 0;
  cellClip = 0;
  epsilon = 0;
  gateAlpha = 0;
  gateBeta = 0;
  candidateAlpha = 0;
  candidateBeta = 0;
  cellAlpha = 0;
  cellBeta = 0;
  cell = 0;
  R = 0;
  width = 0;
  columns = 0;
  kept = 0;
  coupled = 0;
  resetBefore = 0;
  gate = 0;
  candidate = 0;
  squash = 0;
  mask = 0;
  dropped = 0;
  hidden = 0;
  zoneoutH = 0;
  zoneoutHRow = 0;
  zoneoutC = 0;
  zoneoutCRow = 0;
  peepholes = 0;
  projection = 0;
  normBias = 0;
  inputGain = 0;
  hiddenGain = 0;
  cellGain = 0;
  cellShift = 0;
  gateGain = 0;
  candidates = 0;
  inner = 0;
  opened = 0;
  normInput = 0;
  normHidden = 0;
  normCell = 0;
  scales = 0;
  dhat = 0;
  projectionBack = 0;
  dPeepholes = 0;
  dProjection = 0;
  dInputGain = 0;
  dInputShift = 0;
  dHiddenGain = 0;
  dHiddenShift = 0;
  dCellGain = 0;
  dCellShift = 0;
  dGateGain = 0;
  dInner = 0;
  dDropped = 0;
  rows = 0;

  override write(runtime: Runtime): void {
    super.write(runtime, 9);
  }
}
