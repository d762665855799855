/*
 * The packed forms of a level's parameters, in three parts: what forward reads, what backward reads for the state before,
 * and what it reads for the input. Each is one block that stays where it is.
 */
import { panelsOf } from './planes';
import { packBias, packColumns, packGateBias, packGates, packRows } from '../kernels/panels';
import { CellKind, Plan } from './plan';
import { room, startAt, taken } from '../memory/scratch';

export const enum PackPart {
  FORWARD,
  BACK,
  INPUT_BACK,
}

let writes: bool = false;

/** Packs a part from `base` on, or with 0 only gives how many bytes that takes. */
export function pack(level: Plan, part: PackPart, base: f64): f64 {
  const gates = level.general ? level.gateCount : 1;
  const N = level.gateCount * level.H / gates;
  startAt(base);
  writes = base > 0;
  if (part == PackPart.FORWARD) {
    level.inputPanels = panels(level, level.inputWeight, gates, N, level.I, false);
    level.hiddenPanels = panels(level, level.hiddenWeight, gates, N, level.R, false);
    level.projection = panels(level, level.projectionWeight, 1, level.R, level.H, false);
    packBiases(level);
  } else if (part == PackPart.BACK) {
    level.hiddenBackPanels = panels(level, level.hiddenWeight, gates, N, level.R, true);
    level.projectionBack = panels(level, level.projectionWeight, 1, level.R, level.H, true);
  } else {
    level.inputBackPanels = panels(level, level.inputWeight, gates, N, level.I, true);
  }
  return taken();
}

/**
 * Panels of W[parts * N, K] as it stands, or those of its transpose, a part after the other; for the plain cell of four gates
 * of four neighbouring units each. 0 where there is no such weight.
 */
function panels(level: Plan, W: usize, parts: i32, N: i32, K: i32, back: bool): usize {
  if (!W) return 0;
  const H = level.H;
  const plain = !level.general && !back;
  const columns = back ? K : plain ? 4 * ((H + 3) & ~3) : N;
  const rows = back ? N : K;
  const at = room(<f64>((columns + 15) & ~15) * parts, rows);
  for (let n: i32 = 0; writes && n < parts; n++) {
    const to = panelsOf(at, n, columns, rows);
    const from = W + (<usize>(n * N * K) << 2);
    if (plain) packGates(to, from, H, K);
    else if (back) packColumns(to, from, K, N, K);
    else packRows(to, from, N, K);
  }
  return at;
}

function packBiases(level: Plan): void {
  const H = level.H;
  const first = level.inputBias;
  const second = level.hiddenBias;
  // The plain cell has panels of whole fours of units, the general one reads past its end.
  const bias = room(H + 4, level.planes);
  level.bias = bias;
  if (!level.general) {
    if (writes) packGateBias(bias, first, second, H);
    return;
  }
  if (writes) addShifts(level, bias);
  if (!level.inputGain && !level.gateGain) return;
  level.normBias = bias;
  level.bias = room(H + 1, 4);
  if (writes) memory.fill(level.bias, 0, <usize>(4 * H + 4) << 2);
}

/** The sum of the biases, and of the shifts of the norms; what a product alone adds in a GRU stands behind the others. */
function addShifts(level: Plan, bias: usize): void {
  const H = level.H;
  const first = level.inputBias;
  const second = level.hiddenBias;
  const apart = level.cell == CellKind.GRU && !level.resetBefore;
  packBias(bias, first, second, (apart ? 2 : level.gateCount) * H);
  if (apart) {
    const at = <usize>(2 * H) << 2;
    packBias(bias + at, first && first + at, 0, H);
    packBias(bias + at + (at >> 1), second && second + at, 0, H);
  }
  if (level.inputShift) packBias(bias, bias, level.inputShift, 4 * H);
  if (level.hiddenShift) packBias(bias, bias, level.hiddenShift, 4 * H);
}
