import type { Holdings } from '../runtime/memory.js';
import type { Cell } from './cell.js';
import type { Level } from './level.js';
import { PLAN_BYTES, writeLevel, writeSequence } from './plan.js';
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
  const general = +!cell.plain;
  let x = input.pointer;
  const steps = levels.map((level) => {
    const plan = holdings.take(PLAN_BYTES);
    const y = holdings.takeZeros(2 * rows * R * 4);
    const c = cell.hasCell ? holdings.takeZeros(rows * H * 4) : 0;
    level.refresh(general);
    writeLevel(runtime, plan, level.at(general));
    const sequence = {
      steps: 1,
      batch: rows,
      yStride: R,
      reverse: false,
      kept: false,
      training: false,
    };
    const write = (x: number, ids: number) => writeSequence(runtime, plan, { ...sequence, x, ids, y, c });
    write(x, 0);
    core.layOut(plan, holdings.take(core.layOut(plan, 0)));
    core.drawMasks(plan, 0, 0);
    x = y;
    return { level, plan, y, c, write };
  });
  const names = cell.hasCell ? (['h', 'c'] as const) : (['h'] as const);
  const states = names.map((name): StageState => {
    const initial = levels.flatMap((level) => level.parameters[`${name}0`]?.pointer ?? []);
    const pointers = steps.map(({ y, c }) => (name === 'h' ? y : c));
    return { name, pointers, width: name === 'h' ? R : H, initial };
  });
  let ids = false;
  const run = (oneHot: boolean) => {
    check();
    if (oneHot !== ids) {
      ids = oneHot;
      steps[0]?.write(ids ? 0 : input.pointer, ids ? input.pointer : 0);
    }
    for (const { level, plan } of steps) {
      level.refresh(general);
      core.streamStep(plan);
    }
  };
  return { output: { pointer: x, rows, width: R }, states, run };
}
