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
import { after, before, General, Plan, rowsAt } from './plan';
import { flush } from './recurrent';
import { addProduct, complement, mix, multiply, subtract, zeroOutside } from './rows';
import { addTo, storeLanes } from './simd';

/** One step from h, rows `stride` values apart. `a` holds the input product, unless that is number `n` in normInput. */
export function lstmForwardStep(plan: Plan, o: General, t: i32, n: i32, a: usize, h: usize, stride: i32): void {
  const width = o.width;
  const rows = rowsAt(plan, t);
  if (o.normInput) {
    const at = <usize>(n * plan.B * width) << 2;
    const norm = o.normHidden + <usize>(t * o.kept * plan.B * width << 2);
    memory.fill(norm, 0, <usize>(rows * width) << 2);
    product(norm, width, norm, width, h, stride, plan.hiddenPanels, rows, width, o.R);
    for (let b: i32 = 0; b < rows; b++) {
      const row = <usize>(b * width) << 2;
      const scales = scalesOf(plan, o, t, b);
      store<f32>(scales, normalise(o.normInput + at + row, width, o.epsilon));
      store<f32>(scales, normalise(norm + row, width, o.epsilon), 4);
      memory.copy(a + row, o.normBias, <usize>width << 2);
      addProduct(a + row, o.inputGain, o.normInput + at + row, width);
      addProduct(a + row, o.hiddenGain, norm + row, width);
    }
  } else {
    product(a, width, a, width, h, stride, plan.hiddenPanels, rows, width, o.R);
  }
  for (let b: i32 = 0; b < rows; b++) rowForward(plan, o, t, b, a + (<usize>(b * width) << 2));
}

/** 1 / deviation of row `b`: of the input's product, the state's and the cell's; or of each gate. */
function scalesOf(plan: Plan, o: General, t: i32, b: i32): usize {
  return o.scales + (<usize>(t * o.kept * plan.B + b) << 4);
}

function rowForward(plan: Plan, o: General, t: i32, b: i32, a: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const size = <usize>plan.B * row;
  const at = <usize>b * row;
  const c = at + (o.kept ? before(plan, plan.c, t, size) : plan.c);
  const next = at + (o.kept ? after(plan, plan.c, t, size) : plan.c);
  if (isMasked(plan, o, t, b)) {
    memory.copy(next, c, row);
    // The projection reads it, and its gradient.
    if (o.opened) memory.fill(keptRow(plan, o, o.opened, t, b, H), 0, row);
    return;
  }
  const i = plan.gates ? keptRow(plan, o, plan.gates, t, b, 4 * H) : a;
  const f = i + row;
  const g = f + row;
  const out = g + row;
  const cell = o.candidates ? keptRow(plan, o, o.candidates, t, b, H) : next;
  if (o.peepholes) {
    addProduct(a, o.peepholes, c, H);
    addProduct(a + row, o.peepholes + row, c, H);
  }
  for (let gate: i32 = 0; gate < 3; gate++) normaliseGate(plan, o, t, b, gate, a);
  if (o.clip) clampTo(a, 3 * H, o.clip);
  activationForward(i, a, 2 * H, o.gate, o.gateAlpha, o.gateBeta);
  activationForward(g, a + 2 * row, H, o.candidate, o.candidateAlpha, o.candidateBeta);
  if (o.coupled) complement(f, i, H);
  mix(cell, f, c, i, g, H);
  if (o.cellClip) clampTo(cell, H, o.cellClip);
  if (o.peepholes) addProduct(a + 3 * row, o.peepholes + 2 * row, cell, H);
  normaliseGate(plan, o, t, b, 3, a);
  if (o.clip) clampTo(a + 3 * row, H, o.clip);
  activationForward(out, a + 3 * row, H, o.gate, o.gateAlpha, o.gateBeta);
  openOutput(plan, o, t, b, cell, out);
  if (!o.zoneoutC) return;
  const z = zoneoutRow(plan, o.zoneoutC, o.zoneoutCRow, t, b);
  complement(o.rows, z, H);
  mix(next, z, c, o.rows, cell, H);
}

/** Layer norm `gate` over one gate of a row of sums, the bias behind it. */
function normaliseGate(plan: Plan, o: General, t: i32, b: i32, gate: i32, a: usize): void {
  if (!o.gateGain) return;
  const bytes = <usize>plan.H << 2;
  const at = <usize>gate * bytes;
  const norm = keptRow(plan, o, o.normHidden, t, b, o.width) + at;
  memory.copy(norm, a + at, bytes);
  store<f32>(scalesOf(plan, o, t, b) + (<usize>gate << 2), normalise(norm, plan.H, o.epsilon));
  memory.copy(a + at, o.normBias + at, bytes);
  addProduct(a + at, o.gateGain + at, norm, plan.H);
}

/** ĥ = o∘ψ(ĉ), into y or what is to be projected. */
function openOutput(plan: Plan, o: General, t: i32, b: i32, cell: usize, out: usize): void {
  const H = plan.H;
  const bytes = <usize>H << 2;
  const squashed = keptRow(plan, o, plan.squashed, t, b, H);
  let inner = cell;
  if (o.inner) {
    inner = keptRow(plan, o, o.inner, t, b, H);
    memory.copy(inner, cell, bytes);
    if (o.cellGain) {
      const norm = keptRow(plan, o, o.normCell, t, b, H);
      memory.copy(norm, cell, bytes);
      store<f32>(scalesOf(plan, o, t, b), normalise(norm, H, o.epsilon), 8);
      memory.copy(inner, o.cellShift, bytes);
      addProduct(inner, o.cellGain, norm, H);
    }
    if (o.clip) clampTo(inner, H, o.clip);
  }
  activationForward(squashed, inner, H, o.squash, o.cellAlpha, o.cellBeta);
  const yRow = <usize>plan.yStride << 2;
  const y = o.opened
    ? keptRow(plan, o, o.opened, t, b, H)
    : after(plan, plan.y, t, <usize>plan.B * yRow) + <usize>b * yRow;
  multiply(y, out, squashed, H);
}

/** From dh [B, H] to da in `gates`, and Uᵀ da added to dState; the cells' gradients stay in plan.dc. */
export function lstmBackwardStep(plan: Plan, o: General, t: i32, dh: usize, dState: usize): void {
  const H = plan.H;
  const width = o.width;
  const rows = rowsAt(plan, t);
  const first = <usize>(t * plan.B * width) << 2;
  let da = plan.gates + first;
  for (let b: i32 = 0; b < rows; b++) {
    const row = <usize>(b * width) << 2;
    const dc = plan.dc + (<usize>(b * H) << 2);
    const masked = isMasked(plan, o, t, b);
    if (masked) memory.fill(da + row, 0, <usize>width << 2);
    else rowBackward(plan, o, t, b, dh + (<usize>(b * H) << 2), dc);
    productsGradient(plan, o, t, b, da + row, first + row, masked);
  }
  if (o.normHidden) da = o.normHidden + first;
  product(dState, o.R, dState, o.R, da, width, plan.hiddenBackPanels, rows, o.R, width);
}

/** Layer norm `cell`: from da to the gradients of W x and U h, over what they were normalised to. */
function productsGradient(plan: Plan, o: General, t: i32, b: i32, da: usize, at: usize, masked: bool): void {
  const width = o.width;
  if (masked && o.normHidden) memory.fill(o.normHidden + at, 0, <usize>width << 2);
  if (!o.normInput) return;
  const scales = scalesOf(plan, o, t, b);
  const input = o.normInput + at;
  const hidden = o.normHidden + at;
  normaliseBackward(input, da, input, o.inputGain, masked ? 0 : o.dInputGain, width, load<f32>(scales));
  normaliseBackward(hidden, da, hidden, o.hiddenGain, masked ? 0 : o.dHiddenGain, width, load<f32>(scales, 4));
}

function rowBackward(plan: Plan, o: General, t: i32, b: i32, dh: usize, dc: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const size = <usize>plan.B * row;
  const at = <usize>b * row;
  const c = before(plan, plan.c, t, size) + at;
  const cell = o.candidates ? keptRow(plan, o, o.candidates, t, b, H) : after(plan, plan.c, t, size) + at;
  const a = plan.product + (<usize>((t * plan.B + b) * o.width) << 2);
  const i = plan.gates + (<usize>((t * plan.B + b) * o.width) << 2);
  const f = i + row;
  const g = f + row;
  const dcell = o.rows;
  const d = dcell + row + 16;
  cellGradient(plan, o, t, b, dh, i + 3 * row, dcell);
  multiply(d, dh, keptRow(plan, o, plan.squashed, t, b, H), H);
  sumGradient(plan, o, t, b, 3, i, d, a);
  if (o.peepholes) addProduct(dcell, o.peepholes + 2 * row, sumAt(plan, o, t, b, 3, i), H);
  carryCell(plan, o, t, b, dc, dcell, d);
  if (o.cellClip) zeroOutside(dcell, cell, H, o.cellClip);
  addProduct(dc, dcell, f, H);
  // Of i by way of g, of f by way of c; coupled, of i by way of both, since f = 1 − i.
  const df = d + row + 16;
  multiply(df, dcell, c, H);
  multiply(d, dcell, g, H);
  if (o.coupled) subtract(d, d, df, H);
  multiply(dcell, dcell, i, H);
  activationBackward(g, dcell, a + 2 * row, g, H, o.candidate, o.candidateAlpha, o.candidateBeta);
  if (o.clip) zeroOutside(g, a + 2 * row, H, o.clip);
  normaliseGateBackward(plan, o, t, b, 2, i);
  sumGradient(plan, o, t, b, 0, i, d, a);
  if (o.coupled) memory.fill(f, 0, row);
  if (o.coupled) normaliseGateBackward(plan, o, t, b, 1, i);
  else sumGradient(plan, o, t, b, 1, i, df, a);
  if (o.peepholes) peepholesGradient(plan, o, t, b, i, c, cell, dc);
}

/** da of gate `gate` from the gradient `d` of its values, over them; layer norm then leaves that of the sum apart. */
function sumGradient(plan: Plan, o: General, t: i32, b: i32, gate: i32, gates: usize, d: usize, a: usize): void {
  const at = <usize>(gate * plan.H) << 2;
  gateBackward(gates + at, d, a + at, gates + at, plan.H, o);
  normaliseGateBackward(plan, o, t, b, gate, gates);
}

function normaliseGateBackward(plan: Plan, o: General, t: i32, b: i32, gate: i32, gates: usize): void {
  if (!o.gateGain) return;
  const at = <usize>(gate * plan.H) << 2;
  const norm = sumAt(plan, o, t, b, gate, gates);
  const scale = load<f32>(scalesOf(plan, o, t, b) + (<usize>gate << 2));
  const dGain = o.dGateGain ? o.dGateGain + at : 0;
  normaliseBackward(norm, gates + at, norm, o.gateGain + at, dGain, plan.H, scale);
}

/** Where the gradient of a gate's sum lies, before the norm if there is one. */
function sumAt(plan: Plan, o: General, t: i32, b: i32, gate: i32, gates: usize): usize {
  const base = o.gateGain ? keptRow(plan, o, o.normHidden, t, b, o.width) : gates;
  return base + (<usize>(gate * plan.H) << 2);
}

/** What comes to ĉ from ĥ, before any of it that the peephole of o adds. */
function cellGradient(plan: Plan, o: General, t: i32, b: i32, dh: usize, out: usize, dcell: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const squashed = keptRow(plan, o, plan.squashed, t, b, H);
  let inner = keptRow(plan, o, o.inner, t, b, H);
  if (!o.inner) {
    inner = o.candidates
      ? keptRow(plan, o, o.candidates, t, b, H)
      : after(plan, plan.c, t, <usize>plan.B * row) + <usize>b * row;
  }
  multiply(dcell, dh, out, H);
  activationBackward(dcell, dcell, inner, squashed, H, o.squash, o.cellAlpha, o.cellBeta);
  if (o.clip) zeroOutside(dcell, inner, H, o.clip);
  if (!o.cellGain) return;
  if (o.dCellShift) addTo(o.dCellShift, dcell, H);
  const scale = load<f32>(scalesOf(plan, o, t, b), 8);
  normaliseBackward(dcell, dcell, keptRow(plan, o, o.normCell, t, b, H), o.cellGain, o.dCellGain, H, scale);
}

/** Adds what the later step sent back to ĉ, and leaves in dc what zoneout lets past the cell. */
function carryCell(plan: Plan, o: General, t: i32, b: i32, dc: usize, dcell: usize, spare: usize): void {
  const H = plan.H;
  for (let at: usize = 0; at < <usize>H << 2; at += 16) {
    storeLanes(dc + at, flush(v128.load(dc + at)), H - <i32>(at >> 2));
  }
  if (!o.zoneoutC) {
    addTo(dcell, dc, H);
    memory.fill(dc, 0, <usize>H << 2);
    return;
  }
  const z = zoneoutRow(plan, o.zoneoutC, o.zoneoutCRow, t, b);
  complement(spare, z, H);
  addProduct(dcell, spare, dc, H);
  multiply(dc, z, dc, H);
}

function peepholesGradient(
  plan: Plan, o: General, t: i32, b: i32, gates: usize, c: usize, cell: usize, dc: usize,
): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const di = sumAt(plan, o, t, b, 0, gates);
  const df = di + row;
  addProduct(dc, o.peepholes, di, H);
  addProduct(dc, o.peepholes + row, df, H);
  if (!o.dPeepholes) return;
  addProduct(o.dPeepholes, di, c, H);
  addProduct(o.dPeepholes + row, df, c, H);
  addProduct(o.dPeepholes + 2 * row, di + 3 * row, cell, H);
}
