/* Where layer norm stands in an LSTM, and how its gradients come about; lstm-general.ts says when. */
import { gateOf, planeOf } from './planes';
import { normalise, normaliseBackward } from './layer-norm';
import { Plan, rowsAt } from './plan';
import { addProduct } from '../kernels/rows';
import { addTo } from '../kernels/simd';

/** 1 / deviation of row `b`: of the input's product, the state's and the cell's; or of each gate. */
function scalesOf(plan: Plan, t: i32, b: i32): usize {
  return plan.scales + (<usize>(t * plan.kept * plan.B + b) << 4);
}

/** Row `b` of a step in rows of all four gates. */
function rowOf(plan: Plan, base: usize, t: i32, b: i32): usize {
  return base + (<usize>((t * plan.kept * plan.B + b) * 4 * plan.H) << 2);
}

/** Between row `b` of four planes and one row of all gates. */
function moveRow(plan: Plan, planes: usize, n: i32, b: i32, row: usize, out: bool): void {
  const bytes = <usize>plan.H << 2;
  for (let gate: i32 = 0; gate < 4; gate++) {
    const inside = planeOf(plan, planes, gate, n) + <usize>b * bytes;
    if (out) memory.copy(inside, row, bytes);
    else memory.copy(row, inside, bytes);
    row += bytes;
  }
}

/** a = LN(W x) + LN(U h) + b, of W x in `product` and U h in `sums`. */
export function sumsNorm(plan: Plan, t: i32, n: i32): void {
  const width = 4 * plan.H;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const input = rowOf(plan, plan.normInput, t, b);
    const hidden = rowOf(plan, plan.normHidden, t, b);
    const scales = scalesOf(plan, t, b);
    moveRow(plan, plan.product, n, b, input, false);
    moveRow(plan, plan.sums, n, b, hidden, false);
    store<f32>(scales, normalise(input, width, plan.epsilon));
    store<f32>(scales, normalise(hidden, width, plan.epsilon), 4);
    const a = plan.normRow;
    memory.copy(a, plan.normBias, <usize>width << 2);
    addProduct(a, plan.inputGain, input, width);
    addProduct(a, plan.hiddenGain, hidden, width);
    moveRow(plan, plan.product, n, b, a, true);
  }
}

/** From da to the gradients of W x and U h, which lie in `product` and `sums` from then on. */
export function sumsNormBackward(plan: Plan, t: i32): void {
  const width = 4 * plan.H;
  const da = plan.normRow;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const input = rowOf(plan, plan.normInput, t, b);
    const hidden = rowOf(plan, plan.normHidden, t, b);
    const scales = scalesOf(plan, t, b);
    moveRow(plan, plan.gates, t, b, da, false);
    normaliseBackward(input, da, input, plan.inputGain, plan.dInputGain, width, load<f32>(scales));
    normaliseBackward(hidden, da, hidden, plan.hiddenGain, plan.dHiddenGain, width, load<f32>(scales, 4));
    moveRow(plan, plan.product, t, b, input, true);
    moveRow(plan, plan.sums, t, b, hidden, true);
  }
}

/** The sums of one gate, which become normalised ones with the bias behind. */
export function gateNorm(plan: Plan, t: i32, n: i32, gate: i32): void {
  const H = plan.H;
  const bytes = <usize>H << 2;
  let a = planeOf(plan, plan.product, gate, n);
  let norm = planeOf(plan, plan.normHidden, gate, n);
  const at = <usize>gate * bytes;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    memory.copy(norm, a, bytes);
    store<f32>(scalesOf(plan, t, b) + (<usize>gate << 2), normalise(norm, H, plan.epsilon));
    memory.copy(a, plan.normBias + at, bytes);
    addProduct(a, plan.gateGain + at, norm, H);
    a += bytes;
    norm += bytes;
  }
}

/** From da of a gate to the gradient of its sums, over what they were normalised to. */
export function gateNormBackward(plan: Plan, t: i32, gate: i32): void {
  const bytes = <usize>plan.H << 2;
  let da = gateOf(plan, gate, t);
  let norm = planeOf(plan, plan.normHidden, gate, t);
  const at = <usize>gate * bytes;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const scale = load<f32>(scalesOf(plan, t, b) + (<usize>gate << 2));
    normaliseBackward(norm, da, norm, plan.gateGain + at, plan.dGateGain && plan.dGateGain + at, plan.H, scale);
    da += bytes;
    norm += bytes;
  }
}

/** Over the cells, in place. */
export function cellNorm(plan: Plan, t: i32, cells: usize): void {
  const bytes = <usize>plan.H << 2;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const norm = plan.normCell + <usize>(t * plan.kept * plan.B + b) * bytes;
    memory.copy(norm, cells, bytes);
    store<f32>(scalesOf(plan, t, b), normalise(norm, plan.H, plan.epsilon), 8);
    memory.copy(cells, plan.cellShift, bytes);
    addProduct(cells, plan.cellGain, norm, plan.H);
    cells += bytes;
  }
}

/** In place too. */
export function cellNormBackward(plan: Plan, t: i32, d: usize): void {
  const bytes = <usize>plan.H << 2;
  for (let b: i32 = 0; b < rowsAt(plan, t); b++) {
    const norm = plan.normCell + <usize>(t * plan.B + b) * bytes;
    if (plan.dCellShift) addTo(plan.dCellShift, d, plan.H);
    normaliseBackward(d, d, norm, plan.cellGain, plan.dCellGain, plan.H, load<f32>(scalesOf(plan, t, b), 8));
    d += bytes;
  }
}
