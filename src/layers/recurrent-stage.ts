import type { Holdings } from '../runtime/memory.js';
import type { Cell, Level } from './level.js';
import { PLAN_BYTES, Plan } from './plan.js';
import type { Stage, StageInput, StageState } from './stream.js';

/** One step of a recurrent stack: a plan for each level, written once, since packed weights stay where they are. */
export function recurrentStage(
  levels: readonly Level[],
  cell: Cell,
  hiddenSize: number,
  input: StageInput,
  holdings: Holdings,
  check: () => void,
): Stage {
  const { runtime } = holdings;
  const { core } = runtime;
  const { rows } = input;
  const size = rows * hiddenSize * 4;
  const h: number[] = [];
  const c: number[] = [];
  let x = input.pointer;
  const steps = levels.map((level) => {
    const plan = new Plan(holdings.take(PLAN_BYTES));
    plan.x = x;
    plan.y = holdings.takeZeros(2 * size);
    plan.c = cell.hasCell ? holdings.takeZeros(size) : 0;
    plan.product = cell.kept > 1 ? holdings.take(rows * cell.columns(hiddenSize) * 4) : 0;
    level.planForward(plan, rows);
    plan.write(runtime);
    h.push(plan.y);
    c.push(plan.c);
    x = plan.y;
    return { level, plan };
  });
  const states: StageState[] = [{ name: 'h', pointers: h, width: hiddenSize }];
  if (cell.hasCell) states.push({ name: 'c', pointers: c, width: hiddenSize });
  const first = (steps[0] as (typeof steps)[0]).plan;
  const run = (oneHot: boolean) => {
    check();
    if (oneHot !== (first.ids !== 0)) {
      first.ids = oneHot ? input.pointer : 0;
      first.write(runtime);
    }
    for (const { level, plan } of steps) {
      level.refresh();
      cell.forward(core, plan.pointer, 0, 1);
      core.carryState(plan.pointer);
    }
  };
  return { output: { pointer: x, rows, width: hiddenSize }, states, run };
}
