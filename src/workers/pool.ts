import { openThread } from '#threads';
import type { CoreLayer } from '../layers/layer.js';
import type { Parameter } from '../layers/parameter.js';
import { carriedBatchError } from '../layers/states.js';
import type { Thread } from '../runtime/thread.js';
import type { Aside } from '../training/evaluation.js';
import {
  type Carried,
  type CarriedState,
  carriedOf,
  generatorsOf,
  setCarried,
} from '../training/model-state.js';
import { type Padding, trainingOptions } from '../training/padding.js';
import { checkTensorOf, type Integers, type Tensor } from '../validation/tensor.js';
import { Line, type Message, makeControl } from './channel.js';
import {
  type BackwardReply,
  type BackwardRequest,
  errorOf,
  type Failure,
  type ForwardReply,
  type ForwardRequest,
  type Setup,
} from './protocol.js';
import {
  checkPadding,
  cutOf,
  joinRows,
  nameRows,
  namingRows,
  type Rows,
  type Slice,
  slicesOf,
  takePadding,
  takeRows,
} from './slices.js';

/** A worker, and which version of each parameter it has. */
interface Member {
  readonly line: Line;
  readonly thread: Thread;
  readonly versions: number[];
}

/** The share of a worker in the forward that waits for its backward. */
interface Share {
  readonly member: Member;
  readonly slice: Slice;
}

/** A batch, and who computes which of its rows. */
interface Cuts {
  readonly input: Rows;
  readonly padding: Padding;
  readonly axis: 0 | 1;
  readonly rows: number;
  readonly own: Slice;
  readonly shares: readonly Share[];
}

/**
 * The model of a trainer, computed by this thread, rank 0, and by workers: each takes its slice of the batch. Gradients are
 * summed into the model's in the order of ranks, so that a result depends on how many they are and on nothing else. One that
 * fails can only be closed: its workers may be in the middle of something.
 */
export class Team {
  readonly #model: CoreLayer;
  readonly #layers: readonly CoreLayer[];
  readonly #parameters: readonly Parameter[];
  readonly #weights: SharedArrayBuffer;
  readonly #written: number[] = [];
  #members: readonly Member[] = [];
  #shares: readonly Share[] = [];
  #own: Slice | undefined;
  #shape: readonly number[] = [];

  private constructor(model: CoreLayer) {
    this.#model = model;
    this.#layers = model.coreLayers();
    this.#parameters = [...model.parameters.values()];
    this.#weights = new SharedArrayBuffer(model.parameterCount * 4);
  }

  /** The team of `threads` threads: this one, and workers for the others. */
  static async open(model: CoreLayer, threads: number): Promise<Team> {
    const team = new Team(model);
    const ranks = Array.from({ length: threads - 1 }, (_, n) => n + 1);
    const opened = await Promise.allSettled(ranks.map((rank) => team.#openMember(rank)));
    team.#members = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed === undefined) return team;
    await team.close();
    throw failed.reason;
  }

  /** The output for a batch, as `forward(input, { training: true, ...padding })` of the model gives it. */
  async forward(input: Tensor | Integers, padding: Padding): Promise<Tensor> {
    const cuts = this.#cut(input, padding);
    this.#shares = cuts.shares;
    this.#own = cuts.own;
    if (cuts.shares.length === 0) return this.#model.forward(input, trainingOptions(padding)).output;
    const carried = carriedOf(this.#layers);
    this.#send(cuts, carried, { training: true });
    const own = this.#forwardOwn(cuts, carried);
    const { output, left } = await this.#join(cuts, own);
    setCarried(this.#layers, left);
    this.#shape = output.shape;
    return output;
  }

  /** The output without training, from these carried states on, and those that it leaves; `ofOwn` is what one thread does. */
  async aside(
    input: Tensor | Integers,
    padding: Padding,
    carried: readonly Carried[],
    ofOwn: (model: CoreLayer, input: Tensor, padding: Padding, carried: readonly Carried[]) => Aside,
  ): Promise<Aside> {
    const cuts = this.#cut(input, padding);
    if (cuts.shares.length === 0) return ofOwn(this.#model, input as Tensor, padding, carried);
    this.#send(cuts, carried, { record: this.#layers.some(({ extras }) => extras.carried !== undefined) });
    const own = namingRows(cuts.own, () => {
      const { input: rows, ...others } = shareOf(cuts, cuts.own);
      return ofOwn(this.#model, rows as Tensor, others, slicesOfStates(carried, cuts.own));
    });
    return this.#join(cuts, own);
  }

  /** Adds to the model's gradients, as its `backward` does, from the gradient of the latest output. */
  async backward(gradient: Tensor): Promise<void> {
    const model = this.#model;
    const shares = this.#shares;
    if (shares.length === 0) {
      model.backward({ output: gradient }, { inputGradient: false });
      return;
    }
    checkTensorOf('output', gradient, this.#shape, 'of the output');
    const axis = this.#outputAxis(gradient.shape);
    const header: BackwardRequest = { kind: 'backward' };
    for (const { member, slice } of shares) {
      member.line.send({ header, arrays: [takeRows(gradient, axis, slice).data] });
    }
    model.backward({ output: takeRows(gradient, axis, this.#own as Slice) }, { inputGradient: false });
    for (const { member, slice } of shares) {
      const { header, arrays } = await receive<BackwardReply>(member, slice);
      for (const [n, index] of header.gradients.entries()) {
        this.#add(this.#parameters[index] as Parameter, arrays[n] as Float32Array);
      }
    }
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ thread }) => thread.end()));
  }

  async #openMember(rank: number): Promise<Member> {
    const control = makeControl();
    const line = new Line(0, control);
    const thread = await openThread(
      (message) => line.hear(message),
      ({ message }) => line.fail(new Error(`the worker of thread ${rank} failed: ${message}`)),
    );
    line.attach(thread);
    const { runtime } = this.#model;
    const setup: Setup = {
      job: 'slices',
      module: runtime.module,
      config: this.#model.config(),
      rank,
      weights: this.#weights,
      control,
    };
    thread.post(setup);
    return { line, thread, versions: [] };
  }

  /** Who computes which rows; nobody but this thread where they can not be shared. */
  #cut(input: Tensor | Integers, padding: Padding): Cuts {
    const cut = cutOf(this.#model, input);
    const axis = cut.axis ?? 0;
    const rows = cut.axis === undefined ? 1 : (cut.input.shape[axis] as number);
    const [own, ...others] = slicesOf(rows, this.#members.length + 1) as [Slice, ...Slice[]];
    const shares = this.#members
      .map((member, n) => ({ member, slice: others[n] as Slice }))
      .filter(({ slice }) => slice.to > slice.from);
    const checked = shares.length > 0 ? checkPadding(padding, axis, rows) : padding;
    return { input: cut.input, padding: checked, axis, rows, own, shares };
  }

  #send(cuts: Cuts, carried: readonly Carried[], mode: ForwardRequest['mode']): void {
    for (const { shape } of carried) {
      if (shape.length !== 3 || shape[1] !== cuts.rows) throw carriedBatchError(shape, cuts.rows);
    }
    const request = this.#request();
    for (const { member, slice } of cuts.shares) {
      const { input, mask, lengths } = shareOf(cuts, slice);
      const states = slicesOfStates(carried, slice);
      const header = {
        ...{ ...request, mode, shape: input.shape },
        ...{ changed: this.#news(member), states: states.map(nameOf) },
        ...(lengths && { lengths }),
        ...(mask && { mask: mask.shape }),
      };
      const last = mask ? [asInt32(mask.data)] : [];
      member.line.send({ header, arrays: [asInt32(input.data), ...states.map(({ data }) => data), ...last] });
    }
  }

  #forwardOwn(cuts: Cuts, carried: readonly Carried[]): Aside {
    const { input, ...padding } = shareOf(cuts, cuts.own);
    setCarried(this.#layers, slicesOfStates(carried, cuts.own));
    const { output } = namingRows(cuts.own, () =>
      this.#model.forward(input as Tensor, trainingOptions(padding)),
    );
    return { output, left: carriedOf(this.#layers) };
  }

  /** The rows of all ranks, those of this thread and those that come. */
  async #join({ shares }: Cuts, own: Aside): Promise<Aside> {
    const parts = [own];
    for (const { member, slice } of shares) {
      const { header, arrays } = await receive<ForwardReply>(member, slice);
      const [data, ...left] = arrays as [Float32Array, ...Float32Array[]];
      const states = header.states.map((state, n) => ({ ...state, data: left[n] as Float32Array }));
      parts.push({ output: { data, shape: header.shape }, left: states });
    }
    const left = own.left.map((state, n) => {
      const states = parts.map((part) => part.left[n] as Tensor);
      return { ...state, ...joinRows(states, 1) };
    });
    const outputs = parts.map(({ output }) => output);
    return { output: joinRows(outputs, this.#outputAxis(own.output.shape)), left };
  }

  /** What all workers are told alike; the weights that are new go into the shared memory. */
  #request(): Omit<ForwardRequest, 'mode' | 'changed' | 'shape' | 'states'> {
    const { f32 } = this.#model.runtime;
    const weights = new Float32Array(this.#weights);
    let start = 0;
    for (const [n, { pointer, size, version }] of this.#parameters.entries()) {
      if (this.#written[n] !== version) {
        weights.set(f32.subarray(pointer >>> 2, (pointer >>> 2) + size), start);
        this.#written[n] = version;
      }
      start += size;
    }
    const learns = this.#parameters.map(({ requiresGrad }) => requiresGrad);
    const generators = generatorsOf(this.#layers).map((generator) => ({ ...generator }));
    return { kind: 'forward', learns, generators };
  }

  /** The parameters that a worker does not have as they are now. */
  #news({ versions }: Member): number[] {
    const changed = [...this.#written.keys()].filter((n) => versions[n] !== this.#written[n]);
    for (const n of changed) versions[n] = this.#written[n] as number;
    return changed;
  }

  #outputAxis(shape: readonly number[]): 0 | 1 {
    return this.#model.order === 'time' && shape.length === 3 ? 1 : 0;
  }

  /** Added in the host: the sum of two floats in double precision, rounded, is their sum in single precision. */
  #add(parameter: Parameter, gradient: Float32Array): void {
    const start = parameter.needGradient() >>> 2;
    const { f32 } = parameter.runtime;
    for (let n = 0; n < gradient.length; n++) {
      f32[start + n] = (f32[start + n] as number) + (gradient[n] as number);
    }
  }
}

/** What is computed of a batch for some of its rows. */
function shareOf({ input, padding, axis }: Cuts, slice: Slice): { input: Rows } & Padding {
  return { input: takeRows(input, axis, slice), ...takePadding(padding, axis, slice) };
}

/** A worker's answer. @throws its error, or an Error where it ended */
async function receive<Reply>({ line }: Member, slice: Slice): Promise<Message<Reply>> {
  const reply = await line.receive<Reply | Failure>();
  if ('error' in (reply.header as object)) throw errorOf(reply.header as Failure, `${nameRows(slice)}: `);
  return reply as Message<Reply>;
}

function nameOf({ layer, name, shape }: CarriedState): CarriedState {
  return { layer, name, shape };
}

function slicesOfStates(states: readonly Carried[], slice: Slice): Carried[] {
  return states.map((state) => ({ ...state, ...takeRows(state, 1, slice) }));
}

function asInt32(data: Float32Array | ArrayLike<number>): Float32Array | Int32Array {
  return data instanceof Float32Array || data instanceof Int32Array ? data : Int32Array.from(data);
}
