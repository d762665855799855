/*
 * The LSTM with whatever an option changes, from pre-activations a = W x + U h + b of the gates i f g o:
 *
 *   a_i += p_i∘c   a_f += p_f∘c                     peepholes (Gers & Schmidhuber 2000)
 *   i = σ(a_i)   f = σ(a_f), or 1 − i               coupled gates
 *   g = φ(a_g)   ĉ = f∘c + i∘g                      cut to ± cellClip
 *   a_o += p_o∘ĉ   o = σ(a_o)   ĥ = o∘ψ(ĉ)
 *   c' = z∘c + (1 − z)∘ĉ                            zoneout (Krueger et al. 2016); of h in general.ts
 *
 * `clip` bounds what each nonlinearity reads, as ONNX has it. Layer norm stands at the sums a: `cell` (Ba et al. 2016)
 * over W x and U h apart and over ĉ before ψ, `gate` over each gate's sum, peephole within, bias behind (TFLite).
 */
import { activationBackward, activationForward } from '../kernels/activation';
import { addHidden, addHiddenBack, candidateBackward, candidateForward } from './planes';
import { gateBackward, gateForward, gateOf, planeOf } from './planes';
import { clampTo } from '../kernels/rows';
import { addCarried, keepMasked, splitCarried } from './carried';
import { cellNorm, cellNormBackward, gateNorm, gateNormBackward } from './lstm-norms';
import { sumsNorm, sumsNormBackward } from './lstm-norms';
import { after, before, Plan, rowsAt } from './plan';
import { STAYS, traceCell } from './trace';
import { addProduct, complement, mix, multiply, subtract, zeroOutside } from '../kernels/rows';
import { addTo } from '../kernels/simd';

/** Where step `t` lies in what is kept of each step, [B, H]. */
function keptOf(plan: Plan, base: usize, t: i32): usize {
  return base + (<usize>(t * plan.kept * plan.B * plan.H) << 2);
}

function cellsBefore(plan: Plan, t: i32): usize {
  return plan.kept ? before(plan, plan.c, t, <usize>(plan.B * plan.H) << 2) : plan.c;
}

function cellsAfter(plan: Plan, t: i32): usize {
  return plan.kept ? after(plan, plan.c, t, <usize>(plan.B * plan.H) << 2) : plan.c;
}

/** ĉ, which is c' where neither zoneout nor a mask comes between. */
function newCellsAt(plan: Plan, t: i32): usize {
  return plan.newCells ? keptOf(plan, plan.newCells, t) : cellsAfter(plan, t);
}

/** out[rows, H] += p∘x, or with `sum` the vector `out` += Σ p∘x over the rows of both. */
function peephole(out: usize, p: usize, x: usize, rows: i32, H: i32, sum: bool): void {
  const row = <usize>H << 2;
  for (let b: i32 = 0; b < rows; b++) {
    addProduct(out, p, x, H);
    if (sum) p += row;
    else out += row;
    x += row;
  }
}

/** Step `t`, number `n` of its call, from h to ĥ. */
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
  if (plan.normInput) sumsNorm(plan, t, n);
  for (let gate: i32 = 0; gate < 4; gate++) {
    const a = planeOf(plan, plan.product, gate, n);
    const values = gateOf(plan, gate, n);
    if (gate == 3) newCellsForward(plan, c, cell, n, count);
    if (plan.peepholes && gate != 2) {
      const p = plan.peepholes + <usize>min(gate, 2) * row;
      peephole(a, p, gate == 3 ? cell : c, rows, H, false);
    }
    if (plan.gateGain) gateNorm(plan, t, n, gate);
    if (gate == 2) candidateForward(plan, values, a, count);
    else gateForward(plan, values, a, count);
  }
  outputForward(plan, t, cell, gateOf(plan, 3, n), out, count);
  if (!plan.newCells) return;
  if (plan.zoneoutC) {
    const z = plan.zoneoutC + <usize>(t * plan.zoneoutCStep);
    complement(plan.blend, z, count);
    mix(plan.blend, z, c, plan.blend, cell, count);
  } else {
    memory.copy(plan.blend, cell, <usize>count << 2);
  }
  keepMasked(plan, t, plan.blend, c, H);
  memory.copy(cellsAfter(plan, t), plan.blend, <usize>count << 2);
}

function newCellsForward(plan: Plan, c: usize, cell: usize, n: i32, count: i32): void {
  const i = gateOf(plan, 0, n);
  const f = gateOf(plan, 1, n);
  if (plan.coupled) complement(f, i, count);
  mix(cell, f, c, i, gateOf(plan, 2, n), count);
  if (plan.cellClip) clampTo(cell, count, plan.cellClip);
}

/** ĥ = o∘ψ(ĉ) */
function outputForward(plan: Plan, t: i32, cell: usize, o: usize, out: usize, count: i32): void {
  const squashed = keptOf(plan, plan.squashed, t);
  let input = cell;
  if (plan.activationInput) {
    input = keptOf(plan, plan.activationInput, t);
    memory.copy(input, cell, <usize>count << 2);
    if (plan.cellGain) cellNorm(plan, t, input);
    if (plan.clip) clampTo(input, count, plan.clip);
  }
  activationForward(squashed, input, count, plan.outputActivation, plan.outputAlpha, plan.outputBeta);
  multiply(out, o, squashed, count);
}

/**
 * From dh to da over the gates, and Uᵀ da added to dState; what goes to the cells before stays in plan.dc. With the
 * gates held constant only the latter.
 */
export function lstmStepBackward(plan: Plan, t: i32, dh: usize, dState: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const count = rows * H;
  const dcell = plan.dNewCells;
  const d = plan.dGate;
  const carried = plan.dCarried;
  // Not from a dh of zeros, which times an infinite o is NaN.
  if (plan.held == STAYS) memory.fill(dcell, 0, <usize>count << 2);
  else cellGradient(plan, t, dh, dcell, count);
  if (!plan.held) {
    multiply(d, dh, keptOf(plan, plan.squashed, t), count);
    gradientOf(plan, t, 3, d, count);
    if (plan.peepholes) peephole(dcell, plan.peepholes + (<usize>(2 * H) << 2), sumOf(plan, 3, t), rows, H, false);
  }
  addCarried(carried, plan.dc, 0, count);
  splitCarried(plan, t, carried, plan.dc, plan.zoneoutC && plan.zoneoutC + <usize>(t * plan.zoneoutCStep), H);
  addTo(dcell, carried, count);
  if (plan.traced) {
    const traced = traceCell(plan, t, dcell);
    if (traced) keepMasked(plan, t, traced, plan.dc, H);
  }
  if (plan.cellClip) zeroOutside(dcell, newCellsAt(plan, t), count, plan.cellClip);
  addProduct(plan.dc, dcell, gateOf(plan, 1, t), count);
  if (!plan.held) gatesBackward(plan, t, dcell, d, carried, dState);
}

/** From dĉ to da of i, f and g; `d` and `df` take values of one step. */
function gatesBackward(plan: Plan, t: i32, dcell: usize, d: usize, df: usize, dState: usize): void {
  const count = rowsAt(plan, t) * plan.H;
  const c = cellsBefore(plan, t);
  // Of i by way of g, of f by way of c; coupled, of i by way of both, since f = 1 − i.
  multiply(df, dcell, c, count);
  multiply(d, dcell, gateOf(plan, 2, t), count);
  if (plan.coupled) {
    subtract(d, d, df, count);
    memory.fill(df, 0, <usize>count << 2);
  }
  multiply(dcell, dcell, gateOf(plan, 0, t), count);
  gradientOf(plan, t, 2, dcell, count);
  gradientOf(plan, t, 0, d, count);
  gradientOf(plan, t, 1, df, count);
  if (plan.peepholes) peepholesGradient(plan, t, c);
  if (plan.normInput) sumsNormBackward(plan, t);
  for (let gate: i32 = 0; gate < 4; gate++) {
    const da = plan.sums ? planeOf(plan, plan.sums, gate, t) : sumOf(plan, gate, t);
    addHiddenBack(plan, gate, t, dState, da);
  }
}

/** da of a gate from the gradient `d` of its values, over them; layer norm then leaves that of the sum apart. */
function gradientOf(plan: Plan, t: i32, gate: i32, d: usize, count: i32): void {
  const a = planeOf(plan, plan.product, gate, t);
  const values = gateOf(plan, gate, t);
  if (gate == 2) candidateBackward(plan, values, d, a, count);
  else gateBackward(plan, values, d, a, count);
  if (plan.gateGain) gateNormBackward(plan, t, gate);
}

/** The gradient of a gate's sum, before the norm of each gate if there is one. */
function sumOf(plan: Plan, gate: i32, t: i32): usize {
  return plan.gateGain ? planeOf(plan, plan.normHidden, gate, t) : gateOf(plan, gate, t);
}

/** What comes to ĉ from ĥ, but for what the peephole of o adds. */
function cellGradient(plan: Plan, t: i32, dh: usize, dcell: usize, count: i32): void {
  const input = plan.activationInput ? keptOf(plan, plan.activationInput, t) : newCellsAt(plan, t);
  const squashed = keptOf(plan, plan.squashed, t);
  multiply(dcell, dh, gateOf(plan, 3, t), count);
  activationBackward(dcell, dcell, input, squashed, count, plan.outputActivation, plan.outputAlpha, plan.outputBeta);
  if (plan.clip) zeroOutside(dcell, input, count, plan.clip);
  if (plan.cellGain) cellNormBackward(plan, t, dcell);
}

function peepholesGradient(plan: Plan, t: i32, c: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const row = <usize>H << 2;
  for (let n: i32 = 0; n < 3; n++) {
    const da = sumOf(plan, n == 2 ? 3 : n, t);
    const at = <usize>n * row;
    if (n < 2) peephole(plan.dc, plan.peepholes + at, da, rows, H, false);
    if (plan.dPeepholes) peephole(plan.dPeepholes + at, da, n == 2 ? newCellsAt(plan, t) : c, rows, H, true);
  }
}
