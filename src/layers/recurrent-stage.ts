import type { Holdings } from '../runtime/memory.js';
import type { Cell } from './cell.js';
import { expectedZoneout, takeRoom } from './general-room.js';
import type { Level } from './level.js';
import { GENERAL_BYTES, General, PLAN_BYTES, Plan } from './plan.js';
import type { Stage, StageInput, StageState } from './stream.js';

/** One step of a recurrent stack: a plan for each level, written once, since packed weights stay where they are. */
export function recurrentStage(
  levels: readonly Level[],
  cell: Cell,
  input: StageInput,
  holdings: Holdings,
  check: () => void,
): Stage {
  const { runtime } = holdings;
  const { core } = runtime;
  const { rows } = input;
  const { stateSize: R, hiddenSize: H } = cell;
  const take = (bytes: number) => holdings.take(bytes);
  let x = input.pointer;
  const steps = levels.map((level) => {
    const plan = new Plan(holdings.take(PLAN_BYTES));
    const general = cell.plain ? undefined : new General(holdings.take(GENERAL_BYTES));
    plan.x = x;
    plan.y = holdings.takeZeros(2 * rows * R * 4);
    plan.c = cell.hasCell ? holdings.takeZeros(rows * H * 4) : 0;
    plan.product = holdings.take(rows * (general ? cell.blocks * H : Math.ceil(H / 4) * 16) * 4);
    if (general) {
      takeRoom(plan, general, cell, rows, rows, take);
      general.zoneoutH = expectedZoneout(runtime, cell.zoneout.h, R, take);
      general.zoneoutC = expectedZoneout(runtime, cell.zoneout.c, H, take);
    }
    level.planForward(plan, general, rows);
    plan.write(runtime);
    general?.write(runtime);
    x = plan.y;
    return { level, plan, general };
  });
  const states = (cell.hasCell ? (['h', 'c'] as const) : (['h'] as const)).map((name): StageState => {
    const initial = levels.flatMap((level) => level.parameters[`${name}0`]?.pointer ?? []);
    const pointers = steps.map(({ plan }) => (name === 'h' ? plan.y : plan.c));
    return { name, pointers, width: name === 'h' ? R : H, initial };
  });
  const first = (steps[0] as (typeof steps)[0]).plan;
  const run = (oneHot: boolean) => {
    check();
    if (oneHot !== (first.ids !== 0)) {
      first.ids = oneHot ? input.pointer : 0;
      first.write(runtime);
    }
    for (const { level, plan, general } of steps) {
      level.refresh(general);
      if (general) core.generalForward(plan.pointer, 0, 1);
      else core.lstmForward(plan.pointer, 0, 1);
      core.carryState(plan.pointer);
    }
  };
  return { output: { pointer: x, rows, width: R }, states, run };
}
