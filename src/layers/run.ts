import type { Holdings } from '../runtime/memory.js';
import type { Cell } from './cell.js';
import type { Track } from './directions.js';
import type { Masks } from './dropout.js';
import type { Level } from './level.js';
import { PLAN_BYTES, writeBackward, writeLevel, writeOutputGradient, writeSequence } from './plan.js';
import type { Extent } from './ragged.js';
import type { Block, Tape } from './tape.js';

/** Where states lie, [batch, ·] each, or [levels, batch, ·]; 0 for none. */
export interface StatePointers {
  readonly h: number;
  readonly c: number;
}

/** What all runs of a stack share. */
export interface Context {
  readonly holdings: Holdings;
  readonly cell: Cell;
  readonly masks: Masks | undefined;
}

/** What the forward of one level in one direction left for its backward. */
export interface Run {
  /** The outputs [steps, batch, ·], and the states after the last step, [batch, ·]. */
  readonly y: number;
  readonly hN: number;
  readonly cN: number;
  /**
   * Takes what backward needs, to add to `dx` [steps, batch, inputSize], 0 where it is not wanted. Gives the step, from dy (0
   * for zeros) and the gradients of the last states, which become those of the first ones.
   */
  prepareBackward(dx: number, scratch: number): (dy: number, states: StatePointers) => void;
}

/** Forward over one level in one direction. Everything that the steps need is taken before the first of them. */
export function runLevel(
  { holdings, cell, masks }: Context,
  level: Level,
  { y, stride }: Track,
  reverse: boolean,
  { pointer, ids }: Pick<Block, 'pointer' | 'ids'>,
  extent: Extent,
  initial: StatePointers,
  tape: Tape,
): Run {
  const { runtime } = holdings;
  const { core } = runtime;
  const { steps, batch, ragged } = extent;
  const { recording: kept, training } = tape;
  const { stateSize: R, hiddenSize: H } = cell;
  const general = +(!cell.plain || (training && cell.recurrentDropout > 0) || ragged?.masked === true);
  const plan = tape.take(PLAN_BYTES);
  const c = cell.hasCell ? tape.take(((kept ? steps : 0) + 1) * batch * H * 4) : 0;
  level.refresh(general);
  writeLevel(runtime, plan, level.at(general));
  const [x, given] = ids ? [0, pointer] : [pointer, 0];
  writeSequence(runtime, plan, {
    ...{ steps, batch, reverse, kept, training, x, ids: given, y, yStride: stride, c, ragged },
  });
  core.layOut(plan, tape.take(core.layOut(plan, 0)));
  masks?.drawFor(plan);
  if (!masks) core.drawMasks(plan, 0, 0);
  const [hN, cN] = [tape.take(batch * R * 4), tape.take(batch * H * 4)];
  const learned = level.parameters;
  const h0 = initial.h || learned.h0?.pointer || 0;
  const c0 = initial.c || learned.c0?.pointer || 0;
  core.runForward(plan, h0, initial.h && R * 4, c0, initial.c && H * 4, hN, cN);
  const addInitial = (
    parameter: Level['parameters'][string] | undefined,
    given: number,
    d: number,
    width: number,
  ) => {
    if (parameter?.requiresGrad && !given) core.biasGradient(parameter.gradient, 0, d, batch, width);
  };
  return {
    y: reverse ? y : y + batch * stride * 4,
    hN,
    cN,
    prepareBackward(dx, scratch) {
      level.prepareBackward(general, dx !== 0);
      writeBackward(runtime, plan, level.at(general), [dx, scratch]);
      return (dy, states) => {
        writeOutputGradient(runtime, plan, dy);
        core.runBackward(plan, states.h, states.c);
        addInitial(learned.h0, initial.h, states.h, R);
        addInitial(learned.c0, initial.c, states.c, H);
      };
    },
  };
}
