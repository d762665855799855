/*
 * The LSTM with whatever an option changes, one step of it over rows of pre-activations a = W x + U h + b, blocks i f g o:
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
import { activationBackward, activationForward } from './activation';
import { gateBackward, isMasked, keptRow, zoneoutRow } from './cells';
import { clampTo } from './clipping';
import { product } from './gemm';
import { normalise, normaliseBackward } from './layer-norm';
import { after, before, Plan, rowsAt } from './plan';
import { flush } from './recurrent';
import { addProduct, complement, mix, multiply, subtract, zeroOutside } from './rows';
import { addTo, storeLanes } from './simd';

/** One step from h, rows `stride` values apart. `a` holds the input product, unless that is number `n` in normInput. */
export function lstmForwardStep(plan: Plan, t: i32, n: i32, a: usize, h: usize, stride: i32): void {
  const width = plan.width;
  const rows = rowsAt(plan, t);
  if (plan.normInput) {
    const at = <usize>(n * plan.B * width) << 2;
    const norm = plan.normHidden + <usize>(t * plan.kept * plan.B * width << 2);
    memory.fill(norm, 0, <usize>(rows * width) << 2);
    product(norm, width, norm, width, h, stride, plan.hiddenPanels, rows, width, plan.R);
    for (let b: i32 = 0; b < rows; b++) {
      const row = <usize>(b * width) << 2;
      const scales = scalesOf(plan, t, b);
      store<f32>(scales, normalise(plan.normInput + at + row, width, plan.epsilon));
      store<f32>(scales, normalise(norm + row, width, plan.epsilon), 4);
      memory.copy(a + row, plan.normBias, <usize>width << 2);
      addProduct(a + row, plan.inputGain, plan.normInput + at + row, width);
      addProduct(a + row, plan.hiddenGain, norm + row, width);
    }
  } else {
    product(a, width, a, width, h, stride, plan.hiddenPanels, rows, width, plan.R);
  }
  for (let b: i32 = 0; b < rows; b++) rowForward(plan, t, b, a + (<usize>(b * width) << 2));
}

/** 1 / deviation of row `b`: of the input's product, the state's and the cell's; or of each gate. */
function scalesOf(plan: Plan, t: i32, b: i32): usize {
  return plan.scales + (<usize>(t * plan.kept * plan.B + b) << 4);
}

function rowForward(plan: Plan, t: i32, b: i32, a: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const size = <usize>plan.B * row;
  const at = <usize>b * row;
  const c = at + (plan.kept ? before(plan, plan.c, t, size) : plan.c);
  const next = at + (plan.kept ? after(plan, plan.c, t, size) : plan.c);
  if (isMasked(plan, t, b)) {
    memory.copy(next, c, row);
    // The projection reads it, and its gradient.
    if (plan.opened) memory.fill(keptRow(plan, plan.opened, t, b, H), 0, row);
    return;
  }
  const i = plan.gates ? keptRow(plan, plan.gates, t, b, 4 * H) : a;
  const f = i + row;
  const g = f + row;
  const out = g + row;
  const cell = plan.candidates ? keptRow(plan, plan.candidates, t, b, H) : next;
  if (plan.peepholes) {
    addProduct(a, plan.peepholes, c, H);
    addProduct(a + row, plan.peepholes + row, c, H);
  }
  for (let gate: i32 = 0; gate < 3; gate++) normaliseGate(plan, t, b, gate, a);
  if (plan.clip) clampTo(a, 3 * H, plan.clip);
  activationForward(i, a, 2 * H, plan.gate, plan.gateAlpha, plan.gateBeta);
  activationForward(g, a + 2 * row, H, plan.candidate, plan.candidateAlpha, plan.candidateBeta);
  if (plan.coupled) complement(f, i, H);
  mix(cell, f, c, i, g, H);
  if (plan.cellClip) clampTo(cell, H, plan.cellClip);
  if (plan.peepholes) addProduct(a + 3 * row, plan.peepholes + 2 * row, cell, H);
  normaliseGate(plan, t, b, 3, a);
  if (plan.clip) clampTo(a + 3 * row, H, plan.clip);
  activationForward(out, a + 3 * row, H, plan.gate, plan.gateAlpha, plan.gateBeta);
  openOutput(plan, t, b, cell, out);
  if (!plan.zoneoutC) return;
  const z = zoneoutRow(plan, plan.zoneoutC, plan.zoneoutCRow, t, b);
  complement(plan.rows, z, H);
  mix(next, z, c, plan.rows, cell, H);
}

/** Layer norm `gate` over one gate of a row of sums, the bias behind it. */
function normaliseGate(plan: Plan, t: i32, b: i32, gate: i32, a: usize): void {
  if (!plan.gateGain) return;
  const bytes = <usize>plan.H << 2;
  const at = <usize>gate * bytes;
  const norm = keptRow(plan, plan.normHidden, t, b, plan.width) + at;
  memory.copy(norm, a + at, bytes);
  store<f32>(scalesOf(plan, t, b) + (<usize>gate << 2), normalise(norm, plan.H, plan.epsilon));
  memory.copy(a + at, plan.normBias + at, bytes);
  addProduct(a + at, plan.gateGain + at, norm, plan.H);
}

/** ĥ = o∘ψ(ĉ), into y or what is to be projected. */
function openOutput(plan: Plan, t: i32, b: i32, cell: usize, out: usize): void {
  const H = plan.H;
  const bytes = <usize>H << 2;
  const squashed = keptRow(plan, plan.squashed, t, b, H);
  let inner = cell;
  if (plan.inner) {
    inner = keptRow(plan, plan.inner, t, b, H);
    memory.copy(inner, cell, bytes);
    if (plan.cellGain) {
      const norm = keptRow(plan, plan.normCell, t, b, H);
      memory.copy(norm, cell, bytes);
      store<f32>(scalesOf(plan, t, b), normalise(norm, H, plan.epsilon), 8);
      memory.copy(inner, plan.cellShift, bytes);
      addProduct(inner, plan.cellGain, norm, H);
    }
    if (plan.clip) clampTo(inner, H, plan.clip);
  }
  activationForward(squashed, inner, H, plan.squash, plan.cellAlpha, plan.cellBeta);
  const yRow = <usize>plan.yStride << 2;
  const y = plan.opened
    ? keptRow(plan, plan.opened, t, b, H)
    : after(plan, plan.y, t, <usize>plan.B * yRow) + <usize>b * yRow;
  multiply(y, out, squashed, H);
}

/** From dh [B, H] to da in `gates`, and Uᵀ da added to dState; the cells' gradients stay in plan.dc. */
export function lstmBackwardStep(plan: Plan, t: i32, dh: usize, dState: usize): void {
  const H = plan.H;
  const width = plan.width;
  const rows = rowsAt(plan, t);
  const first = <usize>(t * plan.B * width) << 2;
  let da = plan.gates + first;
  for (let b: i32 = 0; b < rows; b++) {
    const row = <usize>(b * width) << 2;
    const dc = plan.dc + (<usize>(b * H) << 2);
    const masked = isMasked(plan, t, b);
    if (masked) memory.fill(da + row, 0, <usize>width << 2);
    else rowBackward(plan, t, b, dh + (<usize>(b * H) << 2), dc);
    productsGradient(plan, t, b, da + row, first + row, masked);
  }
  if (plan.normHidden) da = plan.normHidden + first;
  product(dState, plan.R, dState, plan.R, da, width, plan.hiddenBackPanels, rows, plan.R, width);
}

/** Layer norm `cell`: from da to the gradients of W x and U h, over what they were normalised to. */
function productsGradient(plan: Plan, t: i32, b: i32, da: usize, at: usize, masked: bool): void {
  const width = plan.width;
  if (masked && plan.normHidden) memory.fill(plan.normHidden + at, 0, <usize>width << 2);
  if (!plan.normInput) return;
  const scales = scalesOf(plan, t, b);
  const input = plan.normInput + at;
  const hidden = plan.normHidden + at;
  normaliseBackward(input, da, input, plan.inputGain, masked ? 0 : plan.dInputGain, width, load<f32>(scales));
  normaliseBackward(hidden, da, hidden, plan.hiddenGain, masked ? 0 : plan.dHiddenGain, width, load<f32>(scales, 4));
}

function rowBackward(plan: Plan, t: i32, b: i32, dh: usize, dc: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const size = <usize>plan.B * row;
  const at = <usize>b * row;
  const c = before(plan, plan.c, t, size) + at;
  const cell = plan.candidates ? keptRow(plan, plan.candidates, t, b, H) : after(plan, plan.c, t, size) + at;
  const a = plan.product + (<usize>((t * plan.B + b) * plan.width) << 2);
  const i = plan.gates + (<usize>((t * plan.B + b) * plan.width) << 2);
  const f = i + row;
  const g = f + row;
  const dcell = plan.rows;
  const d = dcell + row + 16;
  cellGradient(plan, t, b, dh, i + 3 * row, dcell);
  multiply(d, dh, keptRow(plan, plan.squashed, t, b, H), H);
  sumGradient(plan, t, b, 3, i, d, a);
  if (plan.peepholes) addProduct(dcell, plan.peepholes + 2 * row, sumAt(plan, t, b, 3, i), H);
  carryCell(plan, t, b, dc, dcell, d);
  if (plan.cellClip) zeroOutside(dcell, cell, H, plan.cellClip);
  addProduct(dc, dcell, f, H);
  // Of i by way of g, of f by way of c; coupled, of i by way of both, since f = 1 − i.
  const df = d + row + 16;
  multiply(df, dcell, c, H);
  multiply(d, dcell, g, H);
  if (plan.coupled) subtract(d, d, df, H);
  multiply(dcell, dcell, i, H);
  activationBackward(g, dcell, a + 2 * row, g, H, plan.candidate, plan.candidateAlpha, plan.candidateBeta);
  if (plan.clip) zeroOutside(g, a + 2 * row, H, plan.clip);
  normaliseGateBackward(plan, t, b, 2, i);
  sumGradient(plan, t, b, 0, i, d, a);
  if (plan.coupled) memory.fill(f, 0, row);
  if (plan.coupled) normaliseGateBackward(plan, t, b, 1, i);
  else sumGradient(plan, t, b, 1, i, df, a);
  if (plan.peepholes) peepholesGradient(plan, t, b, i, c, cell, dc);
}

/** da of gate `gate` from the gradient `d` of its values, over them; layer norm then leaves that of the sum apart. */
function sumGradient(plan: Plan, t: i32, b: i32, gate: i32, gates: usize, d: usize, a: usize): void {
  const at = <usize>(gate * plan.H) << 2;
  gateBackward(gates + at, d, a + at, gates + at, plan.H, plan);
  normaliseGateBackward(plan, t, b, gate, gates);
}

function normaliseGateBackward(plan: Plan, t: i32, b: i32, gate: i32, gates: usize): void {
  if (!plan.gateGain) return;
  const at = <usize>(gate * plan.H) << 2;
  const norm = sumAt(plan, t, b, gate, gates);
  const scale = load<f32>(scalesOf(plan, t, b) + (<usize>gate << 2));
  const dGain = plan.dGateGain ? plan.dGateGain + at : 0;
  normaliseBackward(norm, gates + at, norm, plan.gateGain + at, dGain, plan.H, scale);
}

/** Where the gradient of a gate's sum lies, before the norm if there is one. */
function sumAt(plan: Plan, t: i32, b: i32, gate: i32, gates: usize): usize {
  const base = plan.gateGain ? keptRow(plan, plan.normHidden, t, b, plan.width) : gates;
  return base + (<usize>(gate * plan.H) << 2);
}

/** What comes to ĉ from ĥ, before any of it that the peephole of o adds. */
function cellGradient(plan: Plan, t: i32, b: i32, dh: usize, out: usize, dcell: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const squashed = keptRow(plan, plan.squashed, t, b, H);
  let inner = keptRow(plan, plan.inner, t, b, H);
  if (!plan.inner) {
    inner = plan.candidates
      ? keptRow(plan, plan.candidates, t, b, H)
      : after(plan, plan.c, t, <usize>plan.B * row) + <usize>b * row;
  }
  multiply(dcell, dh, out, H);
  activationBackward(dcell, dcell, inner, squashed, H, plan.squash, plan.cellAlpha, plan.cellBeta);
  if (plan.clip) zeroOutside(dcell, inner, H, plan.clip);
  if (!plan.cellGain) return;
  if (plan.dCellShift) addTo(plan.dCellShift, dcell, H);
  const scale = load<f32>(scalesOf(plan, t, b), 8);
  normaliseBackward(dcell, dcell, keptRow(plan, plan.normCell, t, b, H), plan.cellGain, plan.dCellGain, H, scale);
}

/** Adds what the later step sent back to ĉ, and leaves in dc what zoneout lets past the cell. */
function carryCell(plan: Plan, t: i32, b: i32, dc: usize, dcell: usize, spare: usize): void {
  const H = plan.H;
  for (let at: usize = 0; at < <usize>H << 2; at += 16) {
    storeLanes(dc + at, flush(v128.load(dc + at)), H - <i32>(at >> 2));
  }
  if (!plan.zoneoutC) {
    addTo(dcell, dc, H);
    memory.fill(dc, 0, <usize>H << 2);
    return;
  }
  const z = zoneoutRow(plan, plan.zoneoutC, plan.zoneoutCRow, t, b);
  complement(spare, z, H);
  addProduct(dcell, spare, dc, H);
  multiply(dc, z, dc, H);
}

function peepholesGradient(
  plan: Plan, t: i32, b: i32, gates: usize, c: usize, cell: usize, dc: usize,
): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const di = sumAt(plan, t, b, 0, gates);
  const df = di + row;
  addProduct(dc, plan.peepholes, di, H);
  addProduct(dc, plan.peepholes + row, df, H);
  if (!plan.dPeepholes) return;
  addProduct(plan.dPeepholes, di, c, H);
  addProduct(plan.dPeepholes + row, df, c, H);
  addProduct(plan.dPeepholes + 2 * row, di + 3 * row, cell, H);
}
