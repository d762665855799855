/*
 * The GRU (Cho et al. 2014), as PyTorch and cuDNN define it, in the order r z n: the reset gate acts behind the product.
 *
 *   r = σ(W_r x + U_r h + b_r)        n = tanh(W_n x + b_in + r∘m)    m = U_n h + b_hn
 *   z = σ(W_z x + U_z h + b_z)        h' = (1 − z)∘n + z∘h
 *
 * A panel holds r z n m of four units: the input has no part in m, and the state none in n but through m, so that these
 * columns of their panels are zero. Backward, with dh' = dy + what the later step sent back:
 *
 *   da_n = dh'∘(1 − z)∘(1 − n²)       dm = da_n∘r           da_z = dh'∘(h − n)∘z∘(1 − z)       da_r = da_n∘m∘r∘(1 − r)
 *   dh = dh'∘z + U_rᵀ da_r + U_zᵀ da_z + U_nᵀ dm
 *
 * da of all steps is kept as r z n m [4H] over the gates: W takes part in the first three, U in all but the third.
 */
import { keepGates, sigmoidGate, tanhEvery } from './gates';
import { blockProduct, PANEL, product } from './gemm';
import { biasGradient, BLOCK, transpose, turnedBytes } from './linear';
import { after, before, Plan } from './plan';
import { addHiddenWeight, addInputWeight, flush, inputProduct } from './recurrent';
import { addTo, madd, splat, storeLanes } from './simd';

/** Steps t0 … t1 − 1 forward. */
export function gruForward(plan: Plan, t0: i32, t1: i32): void {
  const columns = ((plan.H + 3) >> 2) << 4;
  inputProduct(plan.product, columns, plan, columns, t0, t1);
  const size = <usize>plan.B * columns << 2;
  for (let n: i32 = 0; n < t1 - t0; n++) {
    const t = plan.reverse ? t1 - 1 - n : t0 + n;
    stepForward(plan, t, plan.product + <usize>(t - t0) * size, columns);
  }
}

/** One step: `a` [B, columns] holds the input product and takes the recurrent one. */
function stepForward(plan: Plan, t: i32, a: usize, columns: i32): void {
  const B = plan.B;
  const H = plan.H;
  const yRow = <usize>plan.yStride << 2;
  const aRow = <usize>columns << 2;
  const row = <usize>H << 2;
  const count = columns >> 4;
  let h = before(plan, plan.y, t, <usize>B * yRow);
  let y = after(plan, plan.y, t, <usize>B * yRow);
  let gates = plan.gates ? plan.gates + 4 * (<usize>t * B) * row : 0;
  blockProduct(a, aRow, a, aRow, h, yRow, plan.hiddenPanels, B, columns, H, 0, H);
  for (let b: i32 = 0; b < B; b++) {
    sigmoidGate(a, count);
    sigmoidGate(a + 16, count);
    resetGate(a, count);
    tanhEvery(a + 32, a + 32, 64, 4 * count);
    nextStates(y, h, a, H);
    if (gates) {
      keepGates(gates, a, H, row);
      gates += 4 * row;
    }
    a += aRow;
    h += yRow;
    y += yRow;
  }
}

/** What n is the tangent of: its part of the input and, as far as r lets it, that of the state. */
function resetGate(a: usize, count: i32): void {
  for (const end = a + (<usize>count << 6); a < end; a += 64) {
    v128.store(a, madd(v128.load(a), v128.load(a, 48), v128.load(a, 32)), 32);
  }
}

/** h' = n + z∘(h − n). */
function nextStates(y: usize, h: usize, a: usize, H: i32): void {
  for (; H > 0; H -= 4) {
    const n = v128.load(a, 32);
    storeLanes(y, madd(v128.load(a, 16), f32x4.sub(v128.load(h), n), n), H);
    a += 64;
    h += 16;
    y += 16;
  }
}

/** Backward through the T steps of a recorded forward, the last one first, then the gradients of the weights and the input. */
export function gruBackward(plan: Plan, T: i32): void {
  const B = plan.B;
  const H = plan.H;
  // Of U, the rows of r and z, and behind them those of n.
  const last = plan.hiddenBackPanels + (<usize>((H + PANEL - 1) / PANEL) * 2 * H << 6);
  for (let k: i32 = 0; k < T; k++) {
    const t = plan.reverse ? k : T - 1 - k;
    cellBackward(plan, t);
    const da = plan.gates + 4 * (<usize>t * B * H << 2);
    product(plan.dh, H, plan.dh, H, da, 4 * H, plan.hiddenBackPanels, B, H, 2 * H);
    product(plan.dh, H, plan.dh, H, da + 3 * (<usize>H << 2), 4 * H, last, B, H, H);
  }
  parameterGradients(plan, T * B);
}

/** Leaves dh'∘z, the state's own way back, in dh. */
function cellBackward(plan: Plan, t: i32): void {
  const B = plan.B;
  const H = plan.H;
  const row = <usize>H << 2;
  const yRow = <usize>plan.yStride << 2;
  const one = splat(1);
  let h = before(plan, plan.y, t, <usize>B * yRow);
  let dy = plan.dy + <usize>t * B * yRow;
  let gates = plan.gates + 4 * (<usize>t * B) * row;
  let carried = plan.dh;
  for (let b: i32 = 0; b < B; b++) {
    for (let unit: i32 = 0; unit < H; unit += 4) {
      const at = <usize>unit << 2;
      const width = H - unit;
      const r = v128.load(gates + at);
      const z = v128.load(gates + row + at);
      const n = v128.load(gates + 2 * row + at);
      const m = v128.load(gates + 3 * row + at);
      let dh = flush(v128.load(carried + at));
      if (plan.dy) dh = f32x4.add(dh, v128.load(dy + at));
      const dn = f32x4.mul(dh, f32x4.sub(one, z));
      const dan = f32x4.mul(dn, f32x4.sub(one, f32x4.mul(n, n)));
      const dz = f32x4.mul(dh, f32x4.sub(v128.load(h + at), n));
      const dr = f32x4.mul(dan, m);
      storeLanes(carried + at, f32x4.mul(dh, z), width);
      storeLanes(gates + at, f32x4.mul(dr, f32x4.mul(r, f32x4.sub(one, r))), width);
      storeLanes(gates + row + at, f32x4.mul(dz, f32x4.mul(z, f32x4.sub(one, z))), width);
      storeLanes(gates + 2 * row + at, dan, width);
      storeLanes(gates + 3 * row + at, f32x4.mul(dan, r), width);
    }
    h += yRow;
    dy += yRow;
    gates += 4 * row;
    carried += row;
  }
}

function parameterGradients(plan: Plan, rows: i32): void {
  const H = plan.H;
  const da = plan.gates;
  if (plan.dx) product(plan.dx, plan.I, plan.dx, plan.I, da, 4 * H, plan.inputBackPanels, rows, plan.I, 3 * H);
  for (let row: i32 = 0; row < rows; row += BLOCK) weightGradients(plan, row, min(BLOCK, rows - row));
  const sums = plan.scratch;
  const bytes = <usize>H << 2;
  memory.fill(sums, 0, 4 * bytes);
  biasGradient(sums, 0, da, rows, 4 * H);
  if (plan.dInputBias) addTo(plan.dInputBias, sums, 3 * H);
  if (plan.dHiddenBias) {
    addTo(plan.dHiddenBias, sums, 2 * H);
    addTo(plan.dHiddenBias + 2 * bytes, sums + 3 * bytes, H);
  }
}

/** From the rows `row … row + count`: W from r z n, U from r z and from m. */
function weightGradients(plan: Plan, row: i32, count: i32): void {
  const H = plan.H;
  const turned = plan.scratch;
  const panels = turned + turnedBytes(4 * H);
  transpose(turned, plan.gates + 4 * (<usize>row * H << 2), count, 4 * H);
  if (plan.dInputWeight) addInputWeight(plan, turned, panels, row, count, 3 * H);
  const dU = plan.dHiddenWeight;
  if (!dU) return;
  addHiddenWeight(dU, plan, turned, panels, row, count, 2 * H);
  addHiddenWeight(dU + 2 * (<usize>H * H << 2), plan, turned + 3 * (<usize>H * count << 2), panels, row, count, H);
}
