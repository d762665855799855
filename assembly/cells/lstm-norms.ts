/* Layer norm in the LSTM of lstm-general.ts, forward and backward. */
import { gateOf, planeOf } from './planes';
import { normalize, normalizeBackward } from './layer-norm';
import { Plan, rowsAt } from './plan';
import { addProduct, addTo } from '../kernels/rows';

/** 1 / deviation of row `b`: of W x, U h and the cell, or of each gate. */
function scalesOf(plan: Plan, t: i32, b: i32): usize {
  return plan.scales + (<usize>(t * plan.recorded * plan.B + b) << 4);
}

/** Row `b` of step `t` in an array whose rows hold all four gates. */
function rowOf(plan: Plan, base: usize, t: i32, b: i32): usize {
  return base + (<usize>((t * plan.recorded * plan.B + b) * 4 * plan.H) << 2);
}

/** Copies row `b` of four planes to one row of all gates, or if `out` from it. */
function copyRow(plan: Plan, planes: usize, n: i32, b: i32, row: usize, out: bool): void {
  const bytes = <usize>plan.H << 2;
  for (let gate: i32 = 0; gate < 4; gate++) {
    const inside = planeOf(plan, planes, gate, n) + <usize>b * bytes;
    if (out) memory.copy(inside, row, bytes);
    else memory.copy(row, inside, bytes);
    row += bytes;
  }
}

/** a = LN(W x) + LN(U h) + b, from W x in `product` and U h in `sums`. */
export function normalizeSums(plan: Plan, t: i32, n: i32): void {
  const width = 4 * plan.H;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const input = rowOf(plan, plan.normInput, t, b);
    const hidden = rowOf(plan, plan.normHidden, t, b);
    const scales = scalesOf(plan, t, b);
    copyRow(plan, plan.product, n, b, input, false);
    copyRow(plan, plan.sums, n, b, hidden, false);
    store<f32>(scales, normalize(input, width, plan.epsilon));
    store<f32>(scales, normalize(hidden, width, plan.epsilon), 4);
    const a = plan.normRow;
    memory.copy(a, plan.normBias, <usize>width << 2);
    addProduct(a, plan.inputGain, input, width);
    addProduct(a, plan.hiddenGain, hidden, width);
    copyRow(plan, plan.product, n, b, a, true);
  }
}

/** From da to the gradients of W x and U h, which overwrite `product` and `sums`. */
export function normalizeSumsBackward(plan: Plan, t: i32): void {
  const width = 4 * plan.H;
  const da = plan.normRow;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const input = rowOf(plan, plan.normInput, t, b);
    const hidden = rowOf(plan, plan.normHidden, t, b);
    const scales = scalesOf(plan, t, b);
    copyRow(plan, plan.gates, t, b, da, false);
    normalizeBackward(input, da, input, plan.inputGain, plan.dInputGain, width, load<f32>(scales));
    normalizeBackward(hidden, da, hidden, plan.hiddenGain, plan.dHiddenGain, width, load<f32>(scales, 4));
    copyRow(plan, plan.product, t, b, input, true);
    copyRow(plan, plan.sums, t, b, hidden, true);
  }
}

/** Normalizes the sums of one gate in place, then adds the bias. */
export function normalizeGate(plan: Plan, t: i32, n: i32, gate: i32): void {
  const H = plan.H;
  const bytes = <usize>H << 2;
  let a = planeOf(plan, plan.product, gate, n);
  let norm = planeOf(plan, plan.normHidden, gate, n);
  const at = <usize>gate * bytes;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    memory.copy(norm, a, bytes);
    store<f32>(scalesOf(plan, t, b) + (<usize>gate << 2), normalize(norm, H, plan.epsilon));
    memory.copy(a, plan.normBias + at, bytes);
    addProduct(a, plan.gateGain + at, norm, H);
    a += bytes;
    norm += bytes;
  }
}

/** From da of a gate to the gradient of its sums, which overwrites the normalized ones. */
export function normalizeGateBackward(plan: Plan, t: i32, gate: i32): void {
  const bytes = <usize>plan.H << 2;
  let da = gateOf(plan, gate, t);
  let norm = planeOf(plan, plan.normHidden, gate, t);
  const at = <usize>gate * bytes;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const scale = load<f32>(scalesOf(plan, t, b) + (<usize>gate << 2));
    normalizeBackward(norm, da, norm, plan.gateGain + at, plan.dGateGain && plan.dGateGain + at, plan.H, scale);
    da += bytes;
    norm += bytes;
  }
}

/** Normalizes the cell states in place. */
export function normalizeCells(plan: Plan, t: i32, cells: usize): void {
  const bytes = <usize>plan.H << 2;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const norm = plan.normCell + <usize>(t * plan.recorded * plan.B + b) * bytes;
    memory.copy(norm, cells, bytes);
    store<f32>(scalesOf(plan, t, b), normalize(norm, plan.H, plan.epsilon), 8);
    memory.copy(cells, plan.cellShift, bytes);
    addProduct(cells, plan.cellGain, norm, plan.H);
    cells += bytes;
  }
}

/** Converts the gradient of the normalized cell states to that of the cell states, in place. */
export function normalizeCellsBackward(plan: Plan, t: i32, d: usize): void {
  const bytes = <usize>plan.H << 2;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const norm = plan.normCell + <usize>(t * plan.B + b) * bytes;
    if (plan.dCellShift) addTo(plan.dCellShift, d, plan.H);
    normalizeBackward(d, d, norm, plan.cellGain, plan.dCellGain, plan.H, load<f32>(scalesOf(plan, t, b), 8));
    d += bytes;
  }
}
