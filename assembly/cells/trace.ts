/*
 * The trace of a backward pass, for inspection. For each step it holds
 *
 *   traceH    [T, B, R]   dh_t, the gradient of the loss with respect to h after step t
 *   traceC    [T, B, H]   dc_t, with respect to ĉ of an LSTM, the cell before zoneout
 *   alongCell [T, B, H]   the part of dc_t (of a GRU dh_t) that came along the cell alone
 *   retention [T, B, H]   ∂c_T/∂c_t along the cell alone (of a GRU ∂h_T/∂h_t), the product of the forget gates
 *
 * The last two are results of the same backward with constant gates, so they include every option: `alongCell` starts from the
 * loss, `retention` from ones at the last state. These two passes run before the real one, which overwrites the gates with
 * their gradients. At a masked step a state has the gradient of the state that it repeats. Rows that no step computes are not
 * written. A traced backward must have no parameter gradients: layer norm would add to them in each pass.
 */
import { Plan, rowsAt } from './plan';
import { allocateScratch } from '../memory/scratch';

/** Values of `plan.constantGates`: the passes with constant gates. */
export const ALONG_CELL: i32 = 1;
export const RETENTION: i32 = 2;

export function layOutTrace(plan: Plan): void {
  const rows = <f64>plan.T * plan.B;
  plan.traceH = allocateScratch(rows, plan.R);
  plan.traceC = plan.c ? allocateScratch(rows, plan.H) : 0;
  plan.alongCell = allocateScratch(rows, plan.H);
  plan.retention = allocateScratch(rows, plan.H);
}

/** Traces the gradient that later steps passed back to the state after step `t`. */
export function traceCarried(plan: Plan, t: i32): void {
  if (plan.constantGates == RETENTION) write(plan, t, plan.retention, plan.c ? plan.dc : plan.dh, plan.H);
}

export function traceHidden(plan: Plan, t: i32, dh: usize): void {
  if (!plan.constantGates) write(plan, t, plan.traceH, dh, plan.R);
  else if (plan.constantGates == ALONG_CELL && !plan.c) write(plan, t, plan.alongCell, dh, plan.H);
}

/** Returns the address of the traced dc, 0 if there is none. */
export function traceCell(plan: Plan, t: i32, dc: usize): usize {
  return plan.constantGates == RETENTION ? 0 : write(plan, t, plan.constantGates ? plan.alongCell : plan.traceC, dc, plan.H);
}

function write(plan: Plan, t: i32, to: usize, from: usize, width: i32): usize {
  const at = to + (<usize>(t * plan.B * width) << 2);
  memory.copy(at, from, <usize>(rowsAt(plan, t) * width) << 2);
  return at;
}
