import type { Cell, GateRole } from '../layers/cell.js';
import type { CoreLayer } from '../layers/layer.js';
import type { Parameter } from '../layers/parameter.js';
import type { TracedPass } from '../layers/tape.js';
import type { Runtime } from '../runtime/runtime.js';
import { type Field, readInt } from '../runtime/struct.js';
import * as Pass from '../runtime/structs/pass.js';
import * as Plan from '../runtime/structs/plan.js';
import type { Tensor } from '../validation/tensor.js';

/** An array in the core, [steps, batch, width], with rows `stride` values apart. */
export interface Values {
  readonly pointer: number;
  readonly width: number;
  readonly stride: number;
}

/** One row of one step: one sequence that has not ended. */
interface Row {
  readonly step: number;
  readonly masked: boolean;
  /** Its index among the rows of all steps: in the core, and in the user's input. */
  readonly coreIndex: number;
  readonly userIndex: number;
}

/** One level of a recurrent layer in one direction over a traced pass, read through the core's `Plan`. */
export class TracedLevel {
  /** The suffix of the parameter names: `l0`, `l1_reverse`, in a Sequential `1.l0`. */
  readonly name: string;
  readonly type: string;
  readonly cell: Cell;
  readonly steps: number;
  readonly reverse: boolean;
  readonly rows: readonly Row[];
  readonly #pass: TracedPass;
  readonly #direction: number;
  readonly #runtime: Runtime;
  readonly #plan: number;

  constructor(runtime: Runtime, pass: TracedPass, direction: number, plan: number, name: string) {
    this.name = name;
    this.type = pass.type;
    this.cell = pass.cell;
    this.#pass = pass;
    this.#direction = direction;
    this.#runtime = runtime;
    this.#plan = plan;
    this.steps = this.#get(Plan.T);
    this.reverse = this.#get(Plan.reverse) !== 0;
    this.rows = this.#rows();
  }

  /** The gates; valid until backward overwrites them. */
  get gates(): { name: string; role: GateRole; values: Values }[] {
    const plane = this.#get(Plan.chunk) * this.#get(Plan.B) * this.#get(Plan.H) * 4;
    return Object.entries(this.cell.gateRoles).map(([name, role], n) => {
      return { name, role, values: this.#values(this.#get(Plan.gates) + n * plane, this.#get(Plan.H)) };
    });
  }

  get h(): Values {
    return this.#after(Plan.y, this.#get(Plan.R), this.#get(Plan.yStride));
  }

  /** The cell states. */
  get c(): Values | undefined {
    return this.cell.hasCell ? this.#after(Plan.c, this.#get(Plan.H), this.#get(Plan.H)) : undefined;
  }

  /** psi(c), the activated cell states. */
  get squashed(): Values | undefined {
    return this.cell.hasCell ? this.#values(this.#get(Plan.squashed), this.#get(Plan.H)) : undefined;
  }

  /** The arrays that backward traced, described in assembly/cells/trace.ts. */
  get trace(): { dh: Values; dc: Values; alongCell: Values; retention: Values } {
    const [R, H] = [this.#get(Plan.R), this.#get(Plan.H)];
    return {
      dh: this.#values(this.#get(Plan.traceH), R),
      dc: this.#values(this.#get(Plan.traceC), H),
      alongCell: this.#values(this.#get(Plan.alongCell), H),
      retention: this.#values(this.#get(Plan.retention), H),
    };
  }

  /** The activation kind of one part of the cell, undefined if the cell has no such part. */
  activation(part: string): number | undefined {
    return this.cell.activations[this.#direction]?.[this.cell.parts.indexOf(part)]?.kind;
  }

  /** A view of one row, valid until the core's memory grows. */
  row({ pointer, width, stride }: Values, { coreIndex }: Row): Float32Array {
    return this.#runtime.floats(pointer + coreIndex * stride * 4, width);
  }

  /** A copy in the layout of the layer's input, with 0 after the end of a sequence, and at masked steps unless `masked`. */
  tensor(values: Values, masked: boolean): Tensor {
    const { width } = values;
    const { batched, timeMajor } = this.#pass;
    const [steps, batch] = [this.steps, this.#get(Plan.B)];
    const data = new Float32Array(steps * batch * width);
    for (const row of this.rows)
      if (masked || !row.masked) data.set(this.row(values, row), row.userIndex * width);
    const leading = timeMajor ? [steps, batch] : [batch, steps];
    return { data, shape: [...(batched ? leading : [steps]), width] };
  }

  #get(field: Field<'i32'> | Field<'u32'>): number {
    return readInt(this.#runtime.i32, this.#plan, field);
  }

  #values(pointer: number, width: number, stride = width): Values {
    return { pointer, width, stride };
  }

  /** The states after each step: the initial state is the first block, in reverse the last. */
  #after(field: Field<'u32'>, width: number, stride: number): Values {
    const first = this.reverse ? 0 : this.#get(Plan.B) * stride * 4;
    return this.#values(this.#get(field) + first, width, stride);
  }

  #rows(): Row[] {
    const { i32 } = this.#runtime;
    const { batched, timeMajor } = this.#pass;
    const [batch, active, order, mask] = [Plan.B, Plan.active, Plan.order, Plan.mask].map((field) =>
      this.#get(field),
    ) as [number, number, number, number];
    const read = (pointer: number, n: number, otherwise: number) =>
      pointer ? (i32[(pointer >>> 2) + n] as number) : otherwise;
    return Array.from({ length: this.steps }, (_, step) =>
      Array.from({ length: read(active, step, batch) }, (_, place) => {
        const b = read(order, place, place);
        const coreIndex = step * batch + place;
        const userIndex = batched && !timeMajor ? b * this.steps + step : step * batch + b;
        return { step, coreIndex, userIndex, masked: read(mask, coreIndex, 1) === 0 };
      }),
    ).flat();
  }
}

/** The levels of all traced layers, with names from the model's parameter names. */
export function levelsOf(model: CoreLayer, trace: readonly TracedPass[]): TracedLevel[] {
  const { runtime } = model;
  const names = new Map<Parameter, string[]>();
  for (const [name, parameter] of model.parameters)
    names.set(parameter, [...(names.get(parameter) ?? []), name]);
  return trace.flatMap((pass) => {
    const [planCount, directions] = [Pass.planCount, Pass.directions].map((field) =>
      readInt(runtime.i32, pass.pointer, field),
    ) as [number, number];
    return Array.from({ length: planCount }, (_, n) => {
      const d = n % directions;
      const suffix = `l${(n - d) / directions}${d > 0 ? '_reverse' : ''}`;
      // A layer that occurs twice in the model has two names.
      const own = names.get(pass.parameters.get(`weight_ih_${suffix}`) as Parameter) as string[];
      const name = (own.length > 1 ? (own.shift() as string) : (own[0] as string)).replace('weight_ih_', '');
      return new TracedLevel(runtime, pass, d, pass.pointer + Pass.SIZE + n * Plan.SIZE, name);
    });
  });
}
