/*
 * The packed parameters of a level, in three parts of one block each: those for forward, those for the gradient of the old
 * state, and those for the gradient of the input.
 */
import { panelsOf } from './planes';
import { packBias, packColumns, packGateBias, packGates, packRows } from '../kernels/panels';
import { CellKind, Plan } from './plan';
import { allocateScratch, scratchBytes, startScratch } from '../memory/scratch';

export const enum PackPart {
  FORWARD,
  BACK,
  INPUT_BACK,
}

let writes: bool = false;
let plain: bool = false;

/**
 * Sets the addresses of a part in the block at `base`, for the general kernel or the plain LSTM's, and returns the size of the
 * block in bytes. If `write`, packs the parameters there.
 */
export function packWeights(plan: Plan, part: PackPart, general: bool, base: f64, write: bool): f64 {
  const gates = general ? plan.gateCount : 1;
  const N = plan.gateCount * plan.H / gates;
  startScratch(base);
  writes = write;
  plain = !general;
  if (part == PackPart.FORWARD) {
    plan.inputPanels = panels(plan, plan.inputWeight, gates, N, plan.I, false);
    plan.hiddenPanels = panels(plan, plan.hiddenWeight, gates, N, plan.R, false);
    plan.projectionPanels = panels(plan, plan.projectionWeight, 1, plan.R, plan.H, false);
    packBiases(plan);
  } else if (part == PackPart.BACK) {
    plan.hiddenBackPanels = panels(plan, plan.hiddenWeight, gates, N, plan.R, true);
    plan.projectionBackPanels = panels(plan, plan.projectionWeight, 1, plan.R, plan.H, true);
  } else {
    plan.inputBackPanels = panels(plan, plan.inputWeight, gates, N, plan.I, true);
  }
  return scratchBytes();
}

/**
 * Panels of W[parts * N, K]ᵀ, or if `back` of W itself, part after part. A panel of the plain LSTM holds four gates of four
 * units. 0 if there is no such weight.
 */
function panels(plan: Plan, W: usize, parts: i32, N: i32, K: i32, back: bool): usize {
  if (!W) return 0;
  const H = plan.H;
  const fused = plain && !back;
  const columns = back ? K : fused ? 4 * ((H + 3) & ~3) : N;
  const rows = back ? N : K;
  const at = allocateScratch(<f64>((columns + 15) & ~15) * parts, rows);
  for (let n: i32 = 0; writes && n < parts; n++) {
    const to = panelsOf(at, n, columns, rows);
    const from = W + (<usize>(n * N * K) << 2);
    if (fused) packGates(to, from, H, K);
    else if (back) packColumns(to, from, K, N, K);
    else packRows(to, from, N, K);
  }
  return at;
}

function packBiases(plan: Plan): void {
  const H = plan.H;
  const first = plan.inputBias;
  const second = plan.hiddenBias;
  // The plain LSTM pads H to a multiple of four; the general kernel may read past the end.
  const bias = allocateScratch(H + 4, plan.planes);
  plan.bias = bias;
  if (plain) {
    if (writes) packGateBias(bias, first, second, H);
    return;
  }
  if (writes) addShifts(plan, bias);
  if (!plan.inputGain && !plan.gateGain) return;
  plan.normBias = bias;
  plan.bias = allocateScratch(H + 1, 4);
  if (writes) memory.fill(plan.bias, 0, <usize>(4 * H + 4) << 2);
}

/** The sum of the biases and of the shifts of the norms. The bias of a GRU's candidate for the hidden product comes last. */
function addShifts(plan: Plan, bias: usize): void {
  const H = plan.H;
  const first = plan.inputBias;
  const second = plan.hiddenBias;
  const apart = plan.cell == CellKind.GRU && !plan.resetBefore;
  packBias(bias, first, second, (apart ? 2 : plan.gateCount) * H);
  if (apart) {
    const at = <usize>(2 * H) << 2;
    packBias(bias + at, first && first + at, 0, H);
    packBias(bias + at + (at >> 1), second && second + at, 0, H);
  }
  if (plan.inputShift) packBias(bias, bias, plan.inputShift, 4 * H);
  if (plan.hiddenShift) packBias(bias, bias, plan.hiddenShift, 4 * H);
}
