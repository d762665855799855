import type { Holdings } from '../runtime/memory.js';
import type { Cell, Level } from './level.js';
import { PLAN_BYTES, type Plan, writePlan } from './plan.js';
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
    const plan = holdings.take(PLAN_BYTES);
    const y = holdings.takeZeros(2 * size);
    const cells = cell.hasCell ? holdings.takeZeros(size) : 0;
    const places: Plan = {
      x,
      y,
      c: cells,
      product: cell.hasCell ? holdings.take(rows * cell.columns(hiddenSize) * 4) : 0,
    };
    h.push(y);
    c.push(cells);
    x = y;
    writePlan(runtime, plan, { ...level.forwardPlan(rows), ...places });
    return { level, plan };
  });
  const states: StageState[] = [{ name: 'h', pointers: h, width: hiddenSize }];
  if (cell.hasCell) states.push({ name: 'c', pointers: c, width: hiddenSize });
  const run = () => {
    check();
    for (const { level, plan } of steps) {
      level.refresh();
      cell.forward(core, plan, 0, 1);
      core.carryState(plan);
    }
  };
  return { output: { pointer: x, rows, width: hiddenSize }, states, run };
}
