/*
 * The GRU (Cho et al. 2014), in the order r z n. The reset gate acts behind the product, as PyTorch and cuDNN have it, or
 * before it, as the paper does; φ is tanh where no option says otherwise:
 *
 *   r = σ(W_r x + U_r h + b_r)        n = φ(W_n x + b_in + r∘m),  m = U_n h + b_hn      behind
 *   z = σ(W_z x + U_z h + b_z)        n = φ(W_n x + b_n + U_n q),  q = r∘h              before
 *   h' = (1 − z)∘n + z∘h
 *
 * Backward, with dh' = dy + what the later step sent back:
 *
 *   dz = dh'∘(h − n)       da_n = dh'∘(1 − z)∘φ′
 *   behind:  dm = da_n∘r   dr = da_n∘m      dh = dh'∘z + U_rᵀ da_r + U_zᵀ da_z + U_nᵀ dm
 *   before:  dq = U_nᵀ da_n   dr = dq∘h     dh = dh'∘z + U_rᵀ da_r + U_zᵀ da_z + dq∘r
 *
 * A row of pre-activations has four blocks, r z n and m or q; so has one of da, the last of them dm where there is an m.
 */
import { activationBackward, activationForward } from './activation';
import { gateBackward } from './cells';
import { clampTo } from './clipping';
import { PANEL, product } from './gemm';
import { after, before, General, Plan, rowsAt } from './plan';
import { addProduct, complement, mix, multiply, subtract, zeroOutside } from './rows';

/** Of U, packed with the rows of r and z first, where those of n lie. */
function candidatePanels(panels: usize, columns: i32, K: i32): usize {
  return panels + (<usize>((columns + PANEL - 1) / PANEL) * K << 6);
}

/** One step over the pre-activations `a`, which hold the input product, from h, rows `stride` values apart. */
export function gruForwardStep(plan: Plan, o: General, t: i32, a: usize, h: usize, stride: i32): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const width = 4 * H;
  const row = <usize>H << 2;
  const n = a + 2 * row;
  const m = a + 3 * row;
  const gates = plan.gates ? plan.gates + <usize>(4 * t * plan.B) * row : a;
  product(a, width, a, width, h, stride, plan.hiddenPanels, rows, 2 * H, H);
  for (let b: i32 = 0; b < rows; b++) {
    const at = <usize>(4 * b) * row;
    if (o.clip) clampTo(a + at, 2 * H, o.clip);
    activationForward(gates + at, a + at, 2 * H, o.gate, o.gateAlpha, o.gateBeta);
    if (o.resetBefore) multiply(m + at, gates + at, h + <usize>(b * stride << 2), H);
  }
  const panels = candidatePanels(plan.hiddenPanels, 2 * H, H);
  if (o.resetBefore) product(n, width, n, width, m, width, panels, rows, H, H);
  else product(m, width, plan.bias + 3 * row, 0, h, stride, panels, rows, H, H);
  nextStates(plan, o, t, a, gates, rows);
}

function nextStates(plan: Plan, o: General, t: i32, a: usize, gates: usize, rows: i32): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const yRow = <usize>plan.yStride << 2;
  let h = before(plan, plan.y, t, <usize>plan.B * yRow);
  let y = after(plan, plan.y, t, <usize>plan.B * yRow);
  for (let b: i32 = 0; b < rows; b++) {
    const z = gates + row;
    const n = gates + 2 * row;
    if (!o.resetBefore) addProduct(a + 2 * row, gates, a + 3 * row, H);
    if (o.clip) clampTo(a + 2 * row, H, o.clip);
    activationForward(n, a + 2 * row, H, o.candidate, o.candidateAlpha, o.candidateBeta);
    complement(o.rows, z, H);
    mix(y, z, h, o.rows, n, H);
    a += 4 * row;
    gates += 4 * row;
    h += yRow;
    y += yRow;
  }
}

/** From dh [B, H] to da in `gates`; what goes to h is added to plan.dh, or where it passes a product, to dState. */
export function gruBackwardStep(plan: Plan, o: General, t: i32, dh: usize, dState: usize): void {
  const H = plan.H;
  const rows = rowsAt(plan, t);
  const width = 4 * H;
  const da = plan.gates + (<usize>(t * plan.B * width) << 2);
  const panels = candidatePanels(plan.hiddenBackPanels, H, 2 * H);
  candidateBackward(plan, o, t, dh);
  if (o.resetBefore) {
    const dq = o.dInner;
    for (let b: i32 = 0; b < rows; b++) memory.fill(dq + (<usize>(b * H) << 2), 0, <usize>H << 2);
    product(dq, H, dq, H, da + (<usize>(2 * H) << 2), width, panels, rows, H, H);
    resetBackward(plan, o, t, dq, dState);
  } else {
    product(dState, H, dState, H, da + (<usize>(3 * H) << 2), width, panels, rows, H, H);
  }
  product(dState, H, dState, H, da, width, plan.hiddenBackPanels, rows, H, 2 * H);
}

/** da of z and n; behind the product also of r, and dm. */
function candidateBackward(plan: Plan, o: General, t: i32, dh: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const yRow = <usize>plan.yStride << 2;
  const first = <usize>(4 * t * plan.B) * row;
  let h = before(plan, plan.y, t, <usize>plan.B * yRow);
  let a = plan.product + first;
  let r = plan.gates + first;
  let carried = plan.dh;
  for (let b = rowsAt(plan, t); b > 0; b--) {
    const z = r + row;
    const n = z + row;
    const m = n + row;
    addProduct(carried, dh, z, H);
    subtract(m, h, n, H);
    multiply(m, m, dh, H);
    complement(o.rows, z, H);
    multiply(o.rows, o.rows, dh, H);
    gateBackward(z, m, a + row, z, H, o);
    activationBackward(n, o.rows, a + 2 * row, n, H, o.candidate, o.candidateAlpha, o.candidateBeta);
    if (o.clip) zeroOutside(n, a + 2 * row, H, o.clip);
    if (!o.resetBefore) {
      multiply(m, n, r, H);
      multiply(o.rows, n, a + 3 * row, H);
      gateBackward(r, o.rows, a, r, H, o);
    }
    h += yRow;
    a += 4 * row;
    r += 4 * row;
    carried += row;
    dh += row;
  }
}

/** Before the product: dr, and the part of h that r lets through. */
function resetBackward(plan: Plan, o: General, t: i32, dq: usize, dState: usize): void {
  const H = plan.H;
  const row = <usize>H << 2;
  const first = <usize>(4 * t * plan.B) * row;
  const yRow = <usize>(o.dropped ? H : plan.yStride) << 2;
  let h = o.dropped ? o.hidden + <usize>(t * plan.B) * row : before(plan, plan.y, t, <usize>plan.B * yRow);
  let a = plan.product + first;
  let r = plan.gates + first;
  for (let b = rowsAt(plan, t); b > 0; b--) {
    addProduct(dState, dq, r, H);
    multiply(dq, dq, h, H);
    gateBackward(r, dq, a, r, H, o);
    h += yRow;
    a += 4 * row;
    r += 4 * row;
    dq += row;
    dState += row;
  }
}
