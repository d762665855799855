/*
 * The LSTM with all its options, from the pre-activations a = W x + U h + b of the gates i f g o:
 *
 *   a_i += p_i∘c   a_f += p_f∘c                     peepholes (Gers & Schmidhuber 2000)
 *   i = σ(a_i)   f = σ(a_f), or 1 − i               coupled gates
 *   g = φ(a_g)   ĉ = f∘c + i∘g                      clamped to ± cellClip
 *   a_o += p_o∘ĉ   o = σ(a_o)   ĥ = o∘ψ(ĉ)
 *   c' = z∘c + (1 − z)∘ĉ                            zoneout (Krueger et al. 2016); of h in general.ts
 *
 * `clip` clamps the input of each nonlinearity, as in ONNX. Layer norm `cell` (Ba et al. 2016) normalizes W x, U h and, before
 * ψ, ĉ; layer norm `gate` (TFLite) normalizes each gate's sum, peepholes included, and adds the bias afterwards.
 */
import { activationBackward, activationForward } from '../kernels/activation';
import { addHidden, addHiddenBack, candidateBackward, candidateForward } from './planes';
import { gateBackward, gateForward, gateOf, planeOf } from './planes';
import { addCarried, copyMasked, splitCarried } from './carried';
import { normalizeCells, normalizeCellsBackward, normalizeGate, normalizeGateBackward } from './lstm-norms';
import { normalizeSums, normalizeSumsBackward } from './lstm-norms';
import { after, before, Plan, rowsAt } from './plan';
import { RETENTION, traceCell } from './trace';
import { addProduct, addTo, clampTo, complement, flushAll, multiply } from '../kernels/rows';
import { subtract, sumOfProducts, zeroOutside } from '../kernels/rows';

/** The planes of the gates. */
const enum Gate {
  I,
  F,
  G,
  O,
}

/** Step `t` of an array [T, B, H], or of one that holds only one step. */
function stepOf(plan: Plan, base: usize, t: i32): usize {
  return base + (<usize>(t * plan.recorded * plan.B * plan.H) << 2);
}

function cellsBefore(plan: Plan, t: i32): usize {
  return plan.recorded ? before(plan, plan.c, t, <usize>(plan.B * plan.H) << 2) : plan.c;
}

function cellsAfter(plan: Plan, t: i32): usize {
  return plan.recorded ? after(plan, plan.c, t, <usize>(plan.B * plan.H) << 2) : plan.c;
}

/** ĉ; without zoneout and masks it is c'. */
function newCellsAt(plan: Plan, t: i32): usize {
  return plan.newCells ? stepOf(plan, plan.newCells, t) : cellsAfter(plan, t);
}

/** out[rows, H] += p∘x for a vector p; or if `sum`, out[H] += Σ p∘x over the rows of p and x. */
function peephole(out: usize, p: usize, x: usize, rows: i32, H: i32, sum: bool): void {
  const row = <usize>H << 2;
  for (let b: i32 = 0; b < rows; b++) {
    addProduct(out, p, x, H);
    if (sum) p += row;
    else out += row;
    x += row;
  }
}

/** Step `t`, number `n` of its call: from h to ĥ. */
export function lstmStepForward(plan: Plan, t: i32, n: i32, h: usize, out: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const count = rows * H;
  const row = <usize>H << 2;
  const c = cellsBefore(plan, t);
  const cell = newCellsAt(plan, t);
  for (let gate: i32 = 0; gate < 4; gate++) {
    const sum = planeOf(plan, plan.sums ? plan.sums : plan.product, gate, n);
    if (plan.sums) memory.fill(sum, 0, <usize>count << 2);
    addHidden(plan, gate, t, sum, h);
  }
  if (plan.normInput) normalizeSums(plan, t, n);
  for (let gate: i32 = 0; gate < 4; gate++) {
    const a = planeOf(plan, plan.product, gate, n);
    const values = gateOf(plan, gate, n);
    if (gate == Gate.O) newCellsForward(plan, c, cell, n, count);
    if (plan.peepholes && gate != Gate.G) {
      const p = plan.peepholes + <usize>min(gate, 2) * row;
      peephole(a, p, gate == Gate.O ? cell : c, rows, H, false);
    }
    if (plan.gateGain) normalizeGate(plan, t, n, gate);
    if (gate == Gate.G) candidateForward(plan, values, a, count);
    else gateForward(plan, values, a, count);
  }
  outputForward(plan, t, cell, gateOf(plan, Gate.O, n), out, count);
  if (!plan.newCells) return;
  if (plan.zoneoutMaskC) {
    const z = plan.zoneoutMaskC + <usize>(t * plan.zoneoutMaskCStep);
    complement(plan.blend, z, count);
    sumOfProducts(plan.blend, z, c, plan.blend, cell, count);
    flushAll(plan.blend, count);
  } else {
    memory.copy(plan.blend, cell, <usize>count << 2);
  }
  copyMasked(plan, t, plan.blend, c, H);
  memory.copy(cellsAfter(plan, t), plan.blend, <usize>count << 2);
}

function newCellsForward(plan: Plan, c: usize, cell: usize, n: i32, count: i32): void {
  const i = gateOf(plan, Gate.I, n);
  const f = gateOf(plan, Gate.F, n);
  if (plan.coupled) complement(f, i, count);
  sumOfProducts(cell, f, c, i, gateOf(plan, Gate.G, n), count);
  flushAll(cell, count);
  if (plan.cellClip) clampTo(cell, count, plan.cellClip);
}

/** ĥ = o∘ψ(ĉ) */
function outputForward(plan: Plan, t: i32, cell: usize, o: usize, out: usize, count: i32): void {
  const squashed = stepOf(plan, plan.squashed, t);
  let input = cell;
  if (plan.activationInput) {
    input = stepOf(plan, plan.activationInput, t);
    memory.copy(input, cell, <usize>count << 2);
    if (plan.cellGain) normalizeCells(plan, t, input);
    if (plan.clip) clampTo(input, count, plan.clip);
  }
  activationForward(squashed, input, count, plan.outputActivation, plan.outputAlpha, plan.outputBeta);
  multiply(out, o, squashed, count);
}

/**
 * From dĥ to da, which overwrites the gates; adds Uᵀ da to dState and writes the gradient of c to plan.dc. With constant
 * gates it computes only the latter.
 */
export function lstmStepBackward(plan: Plan, t: i32, dh: usize, dState: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const count = rows * H;
  const dcell = plan.dNewCells;
  const d = plan.dGate;
  const carried = plan.dCarried;
  // Zeros, not the gradient of a dh of zeros, which times an infinite o is NaN.
  if (plan.constantGates == RETENTION) memory.fill(dcell, 0, <usize>count << 2);
  else cellGradient(plan, t, dh, dcell, count);
  if (!plan.constantGates) {
    multiply(d, dh, stepOf(plan, plan.squashed, t), count);
    gateGradient(plan, t, Gate.O, d, count);
    if (plan.peepholes) peephole(dcell, plan.peepholes + (<usize>(2 * H) << 2), sumGradientOf(plan, Gate.O, t), rows, H, false);
  }
  addCarried(carried, plan.dc, 0, count);
  splitCarried(plan, t, carried, plan.dc, plan.zoneoutMaskC && plan.zoneoutMaskC + <usize>(t * plan.zoneoutMaskCStep), H);
  addTo(dcell, carried, count);
  if (plan.traced) {
    const traced = traceCell(plan, t, dcell);
    if (traced) copyMasked(plan, t, traced, plan.dc, H);
  }
  if (plan.cellClip) zeroOutside(dcell, newCellsAt(plan, t), count, plan.cellClip);
  addProduct(plan.dc, dcell, gateOf(plan, Gate.F, t), count);
  if (!plan.constantGates) gatesBackward(plan, t, dcell, d, carried, dState);
}

/** From dĉ to da of i, f and g; `d` and `df` are scratch arrays of one step. */
function gatesBackward(plan: Plan, t: i32, dcell: usize, d: usize, df: usize, dState: usize): void {
  const count = rowsAt(plan, t) * plan.H;
  const c = cellsBefore(plan, t);
  // di = dĉ∘g, df = dĉ∘c; coupled, f = 1 − i, so di = dĉ∘g − dĉ∘c.
  multiply(df, dcell, c, count);
  multiply(d, dcell, gateOf(plan, Gate.G, t), count);
  if (plan.coupled) {
    subtract(d, d, df, count);
    memory.fill(df, 0, <usize>count << 2);
  }
  multiply(dcell, dcell, gateOf(plan, Gate.I, t), count);
  gateGradient(plan, t, Gate.G, dcell, count);
  gateGradient(plan, t, Gate.I, d, count);
  gateGradient(plan, t, Gate.F, df, count);
  if (plan.peepholes) peepholesGradient(plan, t, c);
  if (plan.normInput) normalizeSumsBackward(plan, t);
  for (let gate: i32 = 0; gate < 4; gate++) {
    const da = plan.sums ? planeOf(plan, plan.sums, gate, t) : sumGradientOf(plan, gate, t);
    addHiddenBack(plan, gate, t, dState, da);
  }
}

/** Overwrites a gate's values with da, from their gradient `d`; layer norm stores the gradient of the sum separately. */
function gateGradient(plan: Plan, t: i32, gate: i32, d: usize, count: i32): void {
  const a = planeOf(plan, plan.product, gate, t);
  const values = gateOf(plan, gate, t);
  if (gate == Gate.G) candidateBackward(plan, values, d, a, count);
  else gateBackward(plan, values, d, a, count);
  if (plan.gateGain) normalizeGateBackward(plan, t, gate);
}

/** The gradient of a gate's sum, with layer norm `gate` that before the norm. */
function sumGradientOf(plan: Plan, gate: i32, t: i32): usize {
  return plan.gateGain ? planeOf(plan, plan.normHidden, gate, t) : gateOf(plan, gate, t);
}

/** The gradient of ĉ through ĥ, without the part through the peephole of o. */
function cellGradient(plan: Plan, t: i32, dh: usize, dcell: usize, count: i32): void {
  const input = plan.activationInput ? stepOf(plan, plan.activationInput, t) : newCellsAt(plan, t);
  const squashed = stepOf(plan, plan.squashed, t);
  multiply(dcell, dh, gateOf(plan, Gate.O, t), count);
  activationBackward(dcell, dcell, input, squashed, count, plan.outputActivation, plan.outputAlpha, plan.outputBeta);
  if (plan.clip) zeroOutside(dcell, input, count, plan.clip);
  if (plan.cellGain) normalizeCellsBackward(plan, t, dcell);
}

function peepholesGradient(plan: Plan, t: i32, c: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const row = <usize>H << 2;
  for (let n: i32 = 0; n < 3; n++) {
    const da = sumGradientOf(plan, n == 2 ? Gate.O : n, t);
    const at = <usize>n * row;
    if (n < 2) peephole(plan.dc, plan.peepholes + at, da, rows, H, false);
    if (plan.dPeepholes) peephole(plan.dPeepholes + at, da, n == 2 ? newCellsAt(plan, t) : c, rows, H, true);
  }
}
