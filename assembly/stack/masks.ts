/* The masks of dropout and zoneout, drawn before a pass begins. */
import { Pass, planAt, sourceOf } from './pass';
import { Plan } from '../cells/plan';
import { dropout, Source } from '../kernels/random';

let drawn: f64 = 0;

/** Draws all masks and returns how many random numbers they used. */
export function drawMasks(pass: Pass, counter: f64, source: Source): f64 {
  drawn = counter;
  memory.copy(changetype<usize>(sourceOf(pass)), changetype<usize>(source), offsetof<Source>());
  for (let n: i32 = 0; n < pass.planCount; n++) {
    const plan = planAt(pass, n);
    // The mask of dropout between levels is drawn when it is applied.
    plan.counter = drawn;
    if (plan.levelX) advance(plan.T * plan.B * plan.I);
    drawPlan(plan, source);
  }
  return drawn - counter;
}

/** Without training, zoneout uses its expected value. */
function drawPlan(plan: Plan, source: Source): void {
  const B = plan.B;
  const rows = plan.training ? plan.T * B : B;
  draw(plan.inputMask, B * plan.I, plan.inputDropout, 1 / (1 - plan.inputDropout), source);
  draw(plan.recurrentMask, B * plan.R, plan.recurrentDropout, 1 / (1 - plan.recurrentDropout), source);
  zoneout(plan.zoneoutMaskH, rows * plan.R, plan.zoneoutH, plan.training, source);
  zoneout(plan.zoneoutMaskC, rows * plan.H, plan.zoneoutC, plan.training, source);
}

function draw(mask: usize, count: i32, p: f32, value: f32, source: Source): void {
  if (!mask) return;
  dropout(mask, 0, count, p, value, drawn, source);
  advance(count);
}

/** Masks begin at multiples of four. */
function advance(count: i32): void {
  drawn += <f64>((count + 3) & ~3);
}

function zoneout(mask: usize, count: i32, p: f32, training: i32, source: Source): void {
  if (training) return draw(mask, count, 1 - p, 1, source);
  if (!mask) return;
  for (let n: i32 = 0; n < count; n++) store<f32>(mask + (<usize>n << 2), p);
}
