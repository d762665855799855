/*
 * The trace of a backward, which inspection reads. For each step it holds
 *
 *   traceH [T, B, R]   dh_t, the gradient of the loss with respect to h after step t
 *   traceC [T, B, H]   dc_t, with respect to ĉ of an LSTM, the cell before zoneout
 *   along  [T, B, H]   the part of dc_t, of a GRU of dh_t, that came along the cell alone
 *   stays  [T, B, H]   ∂c_T/∂c_t along the cell alone (of a GRU ∂h_T/∂h_t): the product of what the gates let stay
 *
 * The last two are the results of the same backward with the gates held constant, so every option takes part: `along`
 * starts from the loss, `stays` from ones at the last state. These passes run before the real one, which overwrites the
 * gates with their gradients. At a masked step a state has the gradient of the state that it repeats. Rows that no step
 * computes are not written. A traced backward must not be asked for parameter gradients: they would accumulate twice.
 */
import { Plan, rowsAt } from './plan';
import { allocateScratch } from '../memory/scratch';

/** Values of `plan.held`: the passes that hold the gates constant. */
export const ALONG: i32 = 1;
export const STAYS: i32 = 2;

export function layOutTrace(plan: Plan): void {
  const rows = <f64>plan.T * plan.B;
  plan.traceH = allocateScratch(rows, plan.R);
  plan.traceC = plan.c ? allocateScratch(rows, plan.H) : 0;
  plan.along = allocateScratch(rows, plan.H);
  plan.stays = allocateScratch(rows, plan.H);
}

/** The gradient that later steps sent back to the state after step `t`. */
export function traceCarried(plan: Plan, t: i32): void {
  if (plan.held == STAYS) write(plan, t, plan.stays, plan.c ? plan.dc : plan.dh, plan.H);
}

export function traceHidden(plan: Plan, t: i32, dh: usize): void {
  if (!plan.held) write(plan, t, plan.traceH, dh, plan.R);
  else if (plan.held == ALONG && !plan.c) write(plan, t, plan.along, dh, plan.H);
}

/** Returns where it wrote dc, 0 for nowhere. */
export function traceCell(plan: Plan, t: i32, dc: usize): usize {
  return plan.held == STAYS ? 0 : write(plan, t, plan.held ? plan.along : plan.traceC, dc, plan.H);
}

function write(plan: Plan, t: i32, to: usize, from: usize, width: i32): usize {
  const at = to + (<usize>(t * plan.B * width) << 2);
  memory.copy(at, from, <usize>(rowsAt(plan, t) * width) << 2);
  return at;
}
