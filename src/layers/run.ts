import type { Holdings } from '../runtime/memory.js';
import type { Cell } from './cell.js';
import type { Track } from './directions.js';
import type { Masks } from './dropout.js';
import { expectedZoneout, takeRoom } from './general-room.js';
import type { Level } from './level.js';
import { GENERAL_BYTES, General, PLAN_BYTES, Plan } from './plan.js';
import { type Extent, groupsOf } from './ragged.js';
import type { Block, Tape } from './tape.js';

/** Where states lie, [batch, ·] each, or [levels, batch, ·]; 0 for none. */
export interface StatePointers {
  readonly h: number;
  readonly c: number;
}

/** Values of the input product that one call computes ahead of its steps: they stay in the second-level cache. */
const PRODUCT_VALUES = 65536;

/** What all runs of a stack share. */
export interface Context {
  readonly holdings: Holdings;
  readonly cell: Cell;
  readonly masks: Masks | undefined;
}

/** One level in one direction over one sequence: what its forward left for its backward. */
export class Run {
  /** The outputs [steps, batch, ·], and the states after the last step, [batch, ·]. */
  readonly y: number;
  readonly hN: number;
  readonly cN: number;
  readonly #context: Context;
  readonly #level: Level;
  readonly #extent: Extent;
  readonly #reverse: boolean;
  readonly #plan: Plan;
  readonly #general: General | undefined;
  /** Input dropout, one mask for all steps. */
  readonly #inputMask: number;
  /** Which of the initial states were the learned ones. */
  readonly #learned: { h: boolean; c: boolean };
  #sorted: StatePointers = { h: 0, c: 0 };

  /** Forward. Everything that the steps need is taken before the first of them. */
  constructor(
    context: Context,
    level: Level,
    track: Track,
    reverse: boolean,
    input: Pick<Block, 'pointer' | 'ids'>,
    extent: Extent,
    initial: StatePointers,
    tape: Tape,
  ) {
    this.#context = context;
    this.#level = level;
    this.#extent = extent;
    this.#reverse = reverse;
    const { cell, holdings } = context;
    const { steps, batch } = extent;
    const recurrentDropout = tape.training ? cell.recurrentDropout : 0;
    const general = !cell.plain || recurrentDropout > 0 || (extent.ragged?.mask ?? 0) > 0;
    const plan = new Plan(tape.take(PLAN_BYTES));
    this.#plan = plan;
    this.#general = general ? new General(tape.take(GENERAL_BYTES)) : undefined;
    const chunk = this.#planRoom(tape);
    if (this.#general) this.#planGeneral(this.#general, chunk, recurrentDropout, tape);
    this.#inputMask = tape.training && cell.inputDropout > 0 ? this.#drawInput(tape) : 0;
    plan[input.ids ? 'ids' : 'x'] = this.#inputMask
      ? tape.take(steps * batch * level.inputSize * 4)
      : input.pointer;
    plan.y = track.y;
    plan.yStride = track.stride;
    plan.reverse = reverse ? 1 : 0;
    plan.active = extent.ragged?.active ?? 0;
    const { stateSize: R, hiddenSize: H } = cell;
    this.hN = tape.take(batch * R * 4);
    this.cN = cell.hasCell ? tape.take(batch * H * 4) : 0;
    const room = extent.ragged ? { h: tape.take(batch * R * 4), c: tape.take(batch * H * 4) } : initial;
    level.planForward(plan, this.#general, batch);
    plan.write(holdings.runtime);
    this.#general?.write(holdings.runtime);
    if (this.#inputMask) this.#eachStep('multiply', plan.x, input.pointer);
    this.#learned = this.#begin(initial, room, tape.recording);
    this.#forward(chunk);
    this.#end(room, tape.recording);
    this.y = reverse ? track.y : track.y + batch * track.stride * 4;
  }

  /** Takes all that backward needs; `dx` [steps, batch, inputSize] accumulates, 0 where it is not wanted. */
  prepareBackward(dx: number, scratch: number, tape: Tape): void {
    const plan = this.#plan;
    const general = this.#general;
    const { cell } = this.#context;
    const { stateSize: R, hiddenSize: H } = cell;
    const { steps, batch, ragged } = this.#extent;
    plan.dx = dx;
    plan.scratch = scratch;
    if (dx && this.#inputMask) plan.dx = tape.take(steps * batch * this.#level.inputSize * 4);
    if (general) {
      general.dhat = tape.take((cell.own.projSize ? steps : 1) * batch * R * 4);
      if (cell.own.projSize || general.resetBefore) general.dInner = tape.take(batch * H * 4);
      if (general.dropped) general.dDropped = tape.take(batch * R * 4);
    }
    if (ragged) this.#sorted = { h: tape.take(batch * R * 4), c: tape.take(batch * H * 4) };
    for (const name of ['h0', 'c0']) this.#level.parameters[name]?.needGradient();
    this.#level.planBackward(plan, general, dx !== 0);
  }

  /** From dy (0 for zeros) and the gradients of the last states, which become those of the first ones. */
  backward(dx: number, dy: number, states: StatePointers): void {
    const plan = this.#plan;
    const { cell, holdings } = this.#context;
    const { core, f32 } = holdings.runtime;
    const { steps, batch, ragged } = this.#extent;
    const { h, c } = ragged ? this.#sorted : states;
    ragged?.gatherStates(h, states.h, cell.stateSize * 4);
    if (cell.hasCell) ragged?.gatherStates(c, states.c, cell.hiddenSize * 4);
    plan.dy = dy;
    plan.dh = h;
    plan.dc = c;
    plan.write(holdings.runtime);
    this.#general?.write(holdings.runtime);
    if (plan.dx !== dx) f32.fill(0, plan.dx >>> 2, (plan.dx >>> 2) + steps * batch * this.#level.inputSize);
    if (this.#general) core.generalBackward(plan.pointer, steps);
    else core.lstmBackward(plan.pointer, steps);
    if (plan.dx !== dx) this.#eachStep('addProduct', dx, plan.dx);
    ragged?.scatterStates(states.h, h, cell.stateSize * 4);
    if (cell.hasCell) ragged?.scatterStates(states.c, c, cell.hiddenSize * 4);
    const { h0, c0 } = this.#level.parameters;
    if (this.#learned.h && h0?.requiresGrad) core.biasGradient(h0.gradient, 0, h, batch, cell.stateSize);
    if (this.#learned.c && c0?.requiresGrad) core.biasGradient(c0.gradient, 0, c, batch, cell.hiddenSize);
  }

  /** The room of all steps when recording, else of those of one call; gives how many those are. */
  #planRoom(tape: Tape): number {
    const plan = this.#plan;
    const { cell } = this.#context;
    const { steps, batch } = this.#extent;
    const H = cell.hiddenSize;
    const size = batch * H * 4;
    const kept = tape.recording ? steps : 0;
    const columns = this.#general ? cell.blocks * H : Math.ceil(H / 4) * 16;
    const whole = this.#general !== undefined && tape.recording;
    const chunk = whole
      ? steps
      : Math.max(1, Math.min(steps, Math.floor(PRODUCT_VALUES / (batch * columns))));
    plan.product = tape.take(chunk * batch * columns * 4);
    if (kept > 0) plan.gates = tape.take(cell.blocks * kept * size);
    if (cell.hasCell) {
      plan.c = tape.take((kept + 1) * size);
      if (kept > 0 && !this.#general) plan.squashed = tape.take(kept * size);
    }
    return chunk;
  }

  /** What the general cell keeps beside, and the masks that it draws. */
  #planGeneral(general: General, chunk: number, recurrentDropout: number, tape: Tape): void {
    const { cell, masks } = this.#context;
    const { steps, batch, ragged } = this.#extent;
    const { stateSize: R, hiddenSize: H } = cell;
    const rows = batch * (tape.recording ? steps : 1);
    takeRoom(this.#plan, general, cell, rows, batch * chunk, (bytes) => tape.take(bytes));
    general.kept = tape.recording ? 1 : 0;
    general.mask = ragged?.mask ?? 0;
    if (recurrentDropout > 0) {
      general.hidden = tape.take(rows * R * 4);
      general.dropped = tape.take(batch * R * 4);
      masks?.fill(general.dropped, batch * R, recurrentDropout, 1 / (1 - recurrentDropout));
    }
    [general.zoneoutH, general.zoneoutHRow] = this.#zoneout(cell.zoneout.h, R, tape);
    [general.zoneoutC, general.zoneoutCRow] = this.#zoneout(cell.zoneout.c, H, tape);
  }

  /** The part of the old state that stays, and the bytes from a row of it to the next; in training drawn anew for each value. */
  #zoneout(p: number, width: number, tape: Tape): [pointer: number, row: number] {
    const { holdings, masks } = this.#context;
    if (p === 0 || !tape.training)
      return [expectedZoneout(holdings.runtime, p, width, (bytes) => tape.take(bytes)), 0];
    const count = this.#extent.steps * this.#extent.batch * width;
    const pointer = tape.take(count * 4);
    masks?.fill(pointer, count, 1 - p, 1);
    return [pointer, width * 4];
  }

  #drawInput(tape: Tape): number {
    const { cell, masks } = this.#context;
    const count = this.#extent.batch * this.#level.inputSize;
    const pointer = tape.take(count * 4);
    masks?.fill(pointer, count, cell.inputDropout, 1 / (1 - cell.inputDropout));
    return pointer;
  }

  /** The input's mask over every step. */
  #eachStep(how: 'multiply' | 'addProduct', to: number, from: number): void {
    const { core } = this.#context.holdings.runtime;
    const count = this.#extent.batch * this.#level.inputSize;
    for (let t = 0; t < this.#extent.steps; t++)
      core[how](to + t * count * 4, from + t * count * 4, this.#inputMask, count);
  }

  /** Brings the initial states to where each sequence begins: given ones by way of `room`, else learned ones, or zeros. */
  #begin(initial: StatePointers, room: StatePointers, recording: boolean): { h: boolean; c: boolean } {
    const { cell, holdings } = this.#context;
    const { core } = holdings.runtime;
    const { batch, ragged } = this.#extent;
    const { parameters } = this.#level;
    const place = (name: 'h' | 'c', base: number, width: number, stride: number, moves: boolean) => {
      const own = initial[name] ? undefined : parameters[`${name}0`];
      if (ragged && initial[name]) ragged.gatherStates(room[name], initial[name], width * 4);
      const from = own?.pointer ?? (initial[name] && room[name]);
      const step = own ? 0 : width * 4;
      for (const { first, rows, length } of groupsOf(this.#extent)) {
        const to = base + ((moves && this.#reverse ? length * batch : 0) + first) * stride * 4;
        core.copyRows(to, stride * 4, from && from + first * step, step, rows, width * 4);
      }
      return own !== undefined;
    };
    const { y, yStride, c } = this.#plan;
    return {
      h: place('h', y, cell.stateSize, yStride, true),
      c: cell.hasCell && place('c', c, cell.hiddenSize, cell.hiddenSize, recording),
    };
  }

  #forward(chunk: number): void {
    const { core } = this.#context.holdings.runtime;
    const { steps } = this.#extent;
    const { pointer } = this.#plan;
    for (let done = 0; done < steps; done += chunk) {
      const next = Math.min(steps, done + chunk);
      const [from, to] = this.#reverse ? [steps - next, steps - done] : [done, next];
      if (this.#general) core.generalForward(pointer, from, to);
      else core.lstmForward(pointer, from, to);
    }
  }

  /** Fetches the states from where each sequence ends. */
  #end(room: StatePointers, recording: boolean): void {
    const { cell, holdings } = this.#context;
    const { core } = holdings.runtime;
    const { batch, ragged } = this.#extent;
    const fetch = (
      base: number,
      width: number,
      stride: number,
      moves: boolean,
      room: number,
      out: number,
    ) => {
      const to = ragged ? room : out;
      for (const { first, rows, length } of groupsOf(this.#extent)) {
        const from = base + ((moves && !this.#reverse ? length * batch : 0) + first) * stride * 4;
        core.copyRows(to + first * width * 4, width * 4, from, stride * 4, rows, width * 4);
      }
      ragged?.scatterStates(out, to, width * 4);
    };
    const { y, yStride, c } = this.#plan;
    const { stateSize: R, hiddenSize: H } = cell;
    fetch(y, R, yStride, true, room.h, this.hN);
    if (cell.hasCell) fetch(c, H, H, recording, room.c, this.cN);
  }
}
