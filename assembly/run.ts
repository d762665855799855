/*
 * One level in one direction over one sequence, from end to end: where its arrays lie, what its masks are, its states
 * brought to where each sequence begins and fetched from where it ends, its steps.
 */
import { LSTM } from './cells';
import { generalBackward, generalForward } from './general';
import { lstmBackward, lstmForward } from './lstm';
import { Plan } from './plan';
import { dropout, Source } from './random';
import { room } from './room';
import { addProduct, multiply } from './rows';

/** Values of the input product that are computed ahead of the steps: they stay in the second-level cache. */
const PRODUCT_VALUES: f64 = 65536;

/** Says where everything of the run lies that the stack has not placed. */
export function layOutPlan(plan: Plan): void {
  const T = plan.T;
  const B = plan.B;
  const kept = plan.kept ? <f64>T * B : 0;
  const columns = plan.general ? plan.planes * plan.H : ((plan.H + 3) >> 2) << 4;
  // In doubles: nothing has been refused yet.
  const ahead = min<f64>(T, max<f64>(1, PRODUCT_VALUES / (<f64>B * columns)));
  plan.chunk = plan.general && plan.kept ? T : <i32>ahead;
  const products = <f64>plan.chunk * B * columns;
  plan.product = room(products);
  plan.gates = room(kept * plan.planes * plan.H);
  plan.squashed = plan.cell == LSTM ? room((kept || <f64>(plan.general * B)) * plan.H) : 0;
  if (plan.training && plan.inputDropout > 0) {
    const values = <f64>B * plan.I;
    plan.inputMask = room(values);
    plan.dropX = room(values * T);
    plan.dropDx = room(plan.kept ? values * T : 0);
  }
  plan.dh = room(plan.kept ? <f64>B * plan.R : 0);
  plan.dc = room(plan.kept ? <f64>B * plan.H : 0);
  if (plan.general) layOutGeneral(plan, kept || <f64>B, products);
}

/** What the general cell keeps beside, of `rows` rows; `products` values lie in the planes of pre-activations. */
function layOutGeneral(plan: Plan, rows: f64, products: f64): void {
  const B = <f64>plan.B;
  const H = <f64>plan.H;
  const states = B * plan.R;
  plan.spare = room(5 * B * H + 4 * H);
  if (plan.yStride != plan.R) {
    plan.oldState = room(states);
    plan.nextState = room(states);
  }
  plan.dhat = room(plan.projection ? rows * plan.R : states);
  if (plan.training && plan.recurrentDropout > 0) {
    plan.dropped = room(states);
    plan.hidden = room(rows * plan.R);
    plan.dDropped = room(states);
  }
  plan.zoneoutHStep = plan.training * plan.B * (plan.R << 2);
  plan.zoneoutCStep = plan.training * plan.B * (plan.H << 2);
  const steps = plan.training ? <f64>plan.T : 1;
  plan.zoneoutH = room(plan.zoneoutOfH > 0 ? steps * states : 0);
  if (plan.cell == LSTM) layOutLSTM(plan, rows, products, steps);
}

function layOutLSTM(plan: Plan, rows: f64, products: f64, steps: f64): void {
  const cells = rows * plan.H;
  plan.zoneoutC = room(plan.zoneoutOfC > 0 ? steps * plan.B * plan.H : 0);
  plan.candidates = room(plan.zoneoutC || plan.mask ? cells : 0);
  plan.inner = room(plan.clip > 0 || plan.cellGain ? cells : 0);
  if (plan.projection) {
    plan.opened = room(cells);
    plan.dInner = room(<f64>plan.B * plan.H);
  }
  if (!plan.normBias) return;
  plan.scales = room(rows * 4);
  plan.normHidden = room(max(4 * cells, products));
  if (!plan.cellGain) return;
  plan.normInput = room(4 * cells);
  plan.normCell = room(cells);
  plan.sums = room(products);
}

let drawn: f64 = 0;

/** Draws the masks of dropout and zoneout, and gives how many numbers that took. Without training zoneout is what is expected. */
export function drawMasksOf(plan: Plan, counter: f64, source: Source): f64 {
  drawn = counter;
  const B = plan.B;
  const rows = plan.training ? plan.T * B : B;
  draw(plan.inputMask, B * plan.I, plan.inputDropout, 1 / (1 - plan.inputDropout), source);
  draw(plan.dropped, B * plan.R, plan.recurrentDropout, 1 / (1 - plan.recurrentDropout), source);
  zoneout(plan.zoneoutH, rows * plan.R, plan.zoneoutOfH, plan.training, source);
  zoneout(plan.zoneoutC, rows * plan.H, plan.zoneoutOfC, plan.training, source);
  return drawn - counter;
}

function draw(mask: usize, count: i32, p: f32, value: f32, source: Source): void {
  if (!mask) return;
  dropout(mask, 0, count, p, value, drawn, source);
  drawn += <f64>((count + 3) & ~3);
}

function zoneout(mask: usize, count: i32, p: f32, training: i32, source: Source): void {
  if (training) return draw(mask, count, 1 - p, 1, source);
  if (!mask) return;
  for (let n: i32 = 0; n < count; n++) store<f32>(mask + (<usize>n << 2), p);
}

/** Forward from h0 and c0, rows `hStep` and `cStep` bytes apart (0 where all are one), 0 for zeros; the last states go to hN, cN. */
export function runForward(
  plan: Plan, h0: usize, hStep: i32, c0: usize, cStep: i32, hN: usize, cN: usize,
): void {
  moveStates(plan, plan.y, plan.yStride, plan.R, h0, hStep, true, false);
  if (plan.c) moveStates(plan, plan.c, plan.H, plan.H, c0, cStep, plan.kept != 0, false);
  if (plan.inputMask) {
    const count = plan.B * plan.I;
    const bytes = <usize>count << 2;
    for (let t: i32 = 0; t < plan.T; t++) {
      multiply(plan.dropX + <usize>t * bytes, plan.x + <usize>t * bytes, plan.inputMask, count);
    }
    plan.x = plan.dropX;
  }
  allSteps(plan);
  moveStates(plan, plan.y, plan.yStride, plan.R, hN, plan.R << 2, true, true);
  if (plan.c) moveStates(plan, plan.c, plan.H, plan.H, cN, plan.H << 2, plan.kept != 0, true);
}

/** Its steps alone, from the states that lie in place. */
export function allSteps(plan: Plan): void {
  const T = plan.T;
  for (let done: i32 = 0; done < T; done += plan.chunk) {
    const next = min(T, done + plan.chunk);
    const t0 = plan.reverse ? T - next : done;
    const t1 = plan.reverse ? T - done : next;
    if (plan.general) generalForward(plan, t0, t1);
    else lstmForward(plan, t0, t1);
  }
}

/** Between a state of `width` values, rows `stride` apart, and [B, ·] outside, in the order outside. */
function moveStates(
  plan: Plan, state: usize, stride: i32, width: i32, outside: usize, step: i32, moves: bool, out: bool,
): void {
  const bytes = <usize>width << 2;
  // A state that is kept of each step begins in the first block and ends behind the last; in reverse the other way round.
  const atEnd = moves && (plan.reverse != 0) != out;
  for (let b: i32 = 0; b < plan.B; b++) {
    const at = <usize>b << 2;
    const block = atEnd ? (plan.lengths ? load<i32>(plan.lengths + at) : plan.T) : 0;
    const inside = state + (<usize>((block * plan.B + b) * stride) << 2);
    const row = outside + <usize>((plan.order ? load<i32>(plan.order + at) : b) * step);
    if (out) memory.copy(row, inside, bytes);
    else if (outside) memory.copy(inside, row, bytes);
    else memory.fill(inside, 0, bytes);
  }
}

/** Backward from dy, and from dh [B, R] and dc [B, H], which become the gradients of h0 and c0. */
export function runBackward(plan: Plan, dh: usize, dc: usize): void {
  const count = plan.B * plan.I;
  const bytes = <usize>count << 2;
  const dx = plan.dx;
  carry(plan, plan.dh, dh, plan.R, false);
  if (plan.c) carry(plan, plan.dc, dc, plan.H, false);
  if (dx && plan.inputMask) {
    plan.dx = plan.dropDx;
    memory.fill(plan.dx, 0, <usize>plan.T * bytes);
  }
  if (plan.general) generalBackward(plan, plan.T);
  else lstmBackward(plan, plan.T);
  for (let t: i32 = 0; plan.dx != dx && t < plan.T; t++) {
    addProduct(dx + <usize>t * bytes, plan.dx + <usize>t * bytes, plan.inputMask, count);
  }
  carry(plan, plan.dh, dh, plan.R, true);
  if (plan.c) carry(plan, plan.dc, dc, plan.H, true);
}

function carry(plan: Plan, inside: usize, outside: usize, width: i32, out: bool): void {
  const bytes = <usize>width << 2;
  for (let b: i32 = 0; b < plan.B; b++) {
    const place = plan.order ? load<i32>(plan.order + (<usize>b << 2)) : b;
    const row = outside + <usize>place * bytes;
    if (out) memory.copy(row, inside, bytes);
    else memory.copy(inside, row, bytes);
    inside += bytes;
  }
}
