/*
 * The LSTM (Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000), in PyTorch's order i f g o:
 *
 *   i = σ(W_i x + U_i h + b_i)    g = tanh(W_g x + U_g h + b_g)      c' = f∘c + i∘g
 *   f = σ(W_f x + U_f h + b_f)    o = σ(W_o x + U_o h + b_o)         h' = o∘tanh(c')
 *
 * Forward: the input product of all steps of a call is one matrix product. Then each step computes the recurrent product panel
 * by panel, each followed by the cell of the panel's four units.
 *
 * Backward, from the last step to the first, where dh' is dy plus the gradient from the later step:
 *
 *   do = dh'∘tanh(c')             dc' += dh'∘o∘(1 − tanh²(c'))
 *   di = dc'∘g   dg = dc'∘i   df = dc'∘c   dc = dc'∘f
 *   da_i = di∘i∘(1 − i)   da_f = df∘f∘(1 − f)   da_g = dg∘(1 − g²)   da_o = do∘o∘(1 − o)
 *   dh = Uᵀ da        dx = Wᵀ da        dW += da xᵀ        dU += da hᵀ        db += da
 *
 * da of all steps ("dgates") overwrites the gates, so that each weight gradient is one matrix product over time.
 *
 * This kernel computes the plain LSTM; lstm-general.ts computes it with options. `needsGeneral` in general.ts chooses.
 */
import { sigmoidStrided, tanhStrided } from '../kernels/activation';
import { blockProduct, PANEL_BYTES } from '../kernels/gemm';
import { inputGradient } from '../layers/linear';
import { after, before, Plan, rowsAt } from './plan';
import { flush, madd, splat, storeLanes } from '../kernels/simd';
import { inputProduct, parameterGradients } from './recurrent';

/** Panels times rows in one block of a step: 16 kB, which stay in the first-level cache from the product to the cell. */
const BLOCK_GATES: i32 = 256;
const BLOCK_PANELS: i32 = 16;

/** Offsets of the gates in a panel's row, which holds those of four units (packGates in panels.ts). */
const I: usize = 0;
const F: usize = 16;
const G: usize = 32;
const O: usize = 48;

/** Steps t0 … t1 − 1 forward. */
export function lstmForward(plan: Plan, t0: i32, t1: i32): void {
  const columns = ((plan.H + 3) >> 2) << 4;
  inputProduct(plan.product, columns, plan, plan.bias, plan.inputPanels, columns, t0, t1);
  const size = <usize>plan.B * columns << 2;
  for (let n: i32 = 0; n < t1 - t0; n++) {
    const t = plan.reverse ? t1 - 1 - n : t0 + n;
    stepForward(plan, t, plan.product + <usize>(t - t0) * size);
  }
}

/**
 * One step: adds the recurrent product to the input product `a` [B, panel columns], a block of panels at a time, and
 * computes the cell of each block.
 */
function stepForward(plan: Plan, t: i32, a: usize): void {
  const rows = rowsAt(plan, t);
  const H = plan.H;
  const panels = (H + 3) >> 2;
  const stride = <usize>panels << 6;
  const hStride = <usize>plan.yStride << 2;
  const h = before(plan, plan.y, t, <usize>plan.B * hStride);
  const block = max(2, min(BLOCK_PANELS, BLOCK_GATES / max(rows, 1)) & ~1);
  const blocks = (panels + block - 1) / block;
  for (let n: i32 = 0; n < blocks; n++) {
    const first = (t & 1 ? blocks - 1 - n : n) * block;
    const count = min(panels - first, block);
    const gates = a + (<usize>first << 6);
    const weights = plan.hiddenPanels + (<usize>first * H << 6);
    blockProduct(gates, stride, gates, stride, h, hStride, weights, rows, 16 * count, H, 0, H);
    cellForward(plan, t, 4 * first, count, gates, stride, rows);
  }
}

/** The cell of `count` panels, from unit `unit` on, for `rows` rows; `a` points to the gates in row 0. */
function cellForward(plan: Plan, t: i32, unit: i32, count: i32, a: usize, stride: usize, rows: i32): void {
  const row = <usize>plan.H << 2;
  const size = <usize>plan.B * row;
  const yRow = <usize>plan.yStride << 2;
  const width = min(plan.H - unit, 4 * count);
  const recording = plan.gates != 0;
  const offset = <usize>unit << 2;
  let y = after(plan, plan.y, t, <usize>plan.B * yRow) + offset;
  let c = offset + (recording ? before(plan, plan.c, t, size) : plan.c);
  let next = offset + (recording ? after(plan, plan.c, t, size) : plan.c);
  let gates = recording ? plan.gates + 4 * <usize>t * size + offset : 0;
  let squashed = plan.squashed + <usize>t * size + offset;
  for (let b: i32 = 0; b < rows; b++) {
    sigmoidStrided(a + I, a + I, PANEL_BYTES, 4 * count);
    sigmoidStrided(a + F, a + F, PANEL_BYTES, 4 * count);
    tanhStrided(a + G, a + G, PANEL_BYTES, 4 * count);
    sigmoidStrided(a + O, a + O, PANEL_BYTES, 4 * count);
    updateCells(next, c, a, width);
    tanhStrided(y, next, 16, width);
    if (recording) {
      memory.copy(squashed, y, <usize>width << 2);
      storeGates(gates, a, width, row);
      gates += 4 * row;
      squashed += row;
    }
    outputHidden(y, a, width);
    a += stride;
    y += yRow;
    c += row;
    next += row;
  }
}

// The cell is computed in short loops, whose iterations a processor overlaps; the whole cell of four units in one loop would be
// one long dependency chain.

/** Copies the gates from panels to four rows of `row` bytes, in the order i f g o. */
function storeGates(gates: usize, a: usize, width: i32, row: usize): void {
  for (; width > 0; width -= 4) {
    storeLanes(gates, v128.load(a, I), width);
    storeLanes(gates + row, v128.load(a, F), width);
    storeLanes(gates + 2 * row, v128.load(a, G), width);
    storeLanes(gates + 3 * row, v128.load(a, O), width);
    a += PANEL_BYTES;
    gates += 16;
  }
}

/** c' = f∘c + i∘g */
function updateCells(next: usize, c: usize, a: usize, width: i32): void {
  for (; width > 0; width -= 4) {
    const input = f32x4.mul(v128.load(a, I), v128.load(a, G));
    storeLanes(next, flush(madd(v128.load(a, F), v128.load(c), input)), width);
    a += PANEL_BYTES;
    c += 16;
    next += 16;
  }
}

/** h' = o∘tanh(c'); y holds tanh(c') before and h' after. */
function outputHidden(y: usize, a: usize, width: i32): void {
  for (; width > 0; width -= 4) {
    storeLanes(y, f32x4.mul(v128.load(a, O), v128.load(y)), width);
    a += PANEL_BYTES;
    y += 16;
  }
}

/** Backward through the T steps of a recorded forward, from the last one on, then the gradients of the weights and the input. */
export function lstmBackward(plan: Plan, T: i32): void {
  const B = plan.B;
  const H = plan.H;
  for (let n: i32 = 0; n < T; n++) {
    const t = plan.reverse ? n : T - 1 - n;
    const rows = rowsAt(plan, t);
    cellBackward(plan, t, rows);
    const dgates = plan.gates + 4 * (<usize>t * B * H << 2);
    inputGradient(plan.dh, dgates, plan.hiddenBackPanels, rows, 4 * H, H);
  }
  parameterGradients(plan, T, 4 * H);
}

function cellBackward(plan: Plan, t: i32, rows: i32): void {
  const B = plan.B;
  const H = plan.H;
  const block = <usize>H << 2;
  const size = <usize>B * block;
  const row = <usize>t * size;
  const cells = before(plan, plan.c, t, size);
  const dyRow = <usize>plan.yStride << 2;
  let dy = plan.dy + <usize>t * B * dyRow;
  const one = splat(1);
  for (let b: i32 = 0; b < rows; b++) {
    const start = <usize>b * block;
    for (let unit: i32 = 0; unit < H; unit += 4) {
      const width = H - unit;
      const offset = start + (<usize>unit << 2);
      const gates = plan.gates + 4 * (row + start) + (<usize>unit << 2);
      const i = v128.load(gates);
      const f = v128.load(gates + block);
      const g = v128.load(gates + 2 * block);
      const o = v128.load(gates + 3 * block);
      const tanhCell = v128.load(plan.squashed + row + offset);
      const previous = v128.load(cells + offset);
      let dh = flush(v128.load(plan.dh + offset));
      if (plan.dy) dh = f32x4.add(dh, v128.load(dy + (<usize>unit << 2)));
      const throughOutput = f32x4.mul(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(tanhCell, tanhCell)));
      const dc = f32x4.add(flush(v128.load(plan.dc + offset)), throughOutput);
      const di = f32x4.mul(dc, g);
      const df = f32x4.mul(dc, previous);
      const dg = f32x4.mul(dc, i);
      const dOut = f32x4.mul(dh, tanhCell);
      storeLanes(plan.dc + offset, f32x4.mul(dc, f), width);
      storeLanes(gates, f32x4.mul(di, f32x4.mul(i, f32x4.sub(one, i))), width);
      storeLanes(gates + block, f32x4.mul(df, f32x4.mul(f, f32x4.sub(one, f))), width);
      storeLanes(gates + 2 * block, f32x4.mul(dg, f32x4.sub(one, f32x4.mul(g, g))), width);
      storeLanes(gates + 3 * block, f32x4.mul(dOut, f32x4.mul(o, f32x4.sub(one, o))), width);
    }
    dy += dyRow;
  }
}
