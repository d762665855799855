/*
 * The packed forms of a level's parameters, in three parts: what forward reads, what backward reads for the state before,
 * and what it reads for the input. Each is one block that stays where it is.
 */
import { GRU, panelsOf } from './cells';
import { packBias, packColumns, packGateBias, packGates, packRows } from './panels';
import { Level } from './plan';
import { room, startAt, taken } from './room';

const FORWARD: i32 = 0;
const BACK: i32 = 1;

let writes: bool = false;

/** Packs a part from `base` on, or with 0 only gives how many bytes that takes. */
export function pack(level: Level, part: i32, base: f64): f64 {
  startAt(base);
  writes = base > 0;
  if (part == FORWARD) {
    if (level.general) packGeneral(level);
    else packPlain(level);
  } else if (part == BACK) {
    level.hiddenBackPanels = gatesBack(level, level.hiddenWeight, level.R);
    level.projectionBack = panelsBack(level.projectionWeight, 1, level.R, level.H);
  } else {
    level.inputBackPanels = gatesBack(level, level.inputWeight, level.I);
  }
  return taken();
}

function packPlain(level: Level): void {
  const H = level.H;
  level.inputPanels = gatePanels(level.inputWeight, H, level.I);
  level.hiddenPanels = gatePanels(level.hiddenWeight, H, H);
  level.bias = panelRoom(4 * ((H + 3) & ~3), 1, 1);
  if (writes) packGateBias(level.bias, level.inputBias, level.hiddenBias, H);
}

function packGeneral(level: Level): void {
  const H = level.H;
  const gates = level.gateCount;
  level.inputPanels = panels(level.inputWeight, gates, H, level.I);
  level.hiddenPanels = panels(level.hiddenWeight, gates, H, level.R);
  level.projection = panels(level.projectionWeight, 1, level.R, H);
  level.bias = biases(level);
  if (!level.inputGain && !level.gateGain) return;
  level.normBias = level.bias;
  level.bias = room(<f64>gates * H + 4);
  if (writes) memory.fill(level.bias, 0, <usize>(gates * H + 4) << 2);
}

/** The sum of the biases, and of the shifts of the norms; what a product alone adds in a GRU stands behind the others. */
function biases(level: Level): usize {
  const H = level.H;
  const first = level.inputBias;
  const second = level.hiddenBias;
  const bias = room(<f64>level.planes * H + 4);
  if (!writes) return bias;
  const apart = level.cell == GRU && !level.resetBefore;
  packBias(bias, first, second, (apart ? 2 : level.gateCount) * H);
  if (apart) {
    const at = <usize>(2 * H) << 2;
    packBias(bias + at, first && first + at, 0, H);
    packBias(bias + at + (at >> 1), second && second + at, 0, H);
  }
  if (level.inputShift) packBias(bias, bias, level.inputShift, 4 * H);
  if (level.hiddenShift) packBias(bias, bias, level.hiddenShift, 4 * H);
  return bias;
}

/** Room for `parts` times the panels of so many columns and rows of the chain. */
function panelRoom(columns: i32, rows: i32, parts: i32): usize {
  return room(<f64>((columns + 15) & ~15) * rows * parts);
}

/** Panels of four gates of four neighbouring units each. */
function gatePanels(W: usize, H: i32, K: i32): usize {
  const at = panelRoom(4 * ((H + 3) & ~3), K, 1);
  if (writes) packGates(at, W, H, K);
  return at;
}

/** Panels of the transpose of W[parts * N, K], a part after the other; 0 where there is no such weight. */
function panels(W: usize, parts: i32, N: i32, K: i32): usize {
  if (!W) return 0;
  const at = panelRoom(N, K, parts);
  for (let n: i32 = 0; writes && n < parts; n++) {
    packRows(panelsOf(at, n, N, K), W + (<usize>(n * N * K) << 2), N, K);
  }
  return at;
}

/** The same of W as it stands. */
function panelsBack(W: usize, parts: i32, N: i32, K: i32): usize {
  if (!W) return 0;
  const at = panelRoom(K, N, parts);
  for (let n: i32 = 0; writes && n < parts; n++) {
    packColumns(panelsOf(at, n, K, N), W + (<usize>(n * N * K) << 2), K, N, K);
  }
  return at;
}

/** Of all gates: apart for the general cell, for the plain one together. */
function gatesBack(level: Level, W: usize, K: i32): usize {
  const gates = level.gateCount;
  return level.general ? panelsBack(W, gates, level.H, K) : panelsBack(W, 1, gates * level.H, K);
}
