import { type Carried, type CarriedState, carriedOf, generatorsOf, setCarried } from '../layers/extras.js';
import type { CoreLayer } from '../layers/layer.js';
import type { Lock } from '../layers/lock.js';
import { type Padding, trainingOptions } from '../layers/padding.js';
import type { Parameter } from '../layers/parameter.js';
import type { Prediction } from '../layers/prediction.js';
import { carriedBatchError } from '../layers/states.js';
import type { Thread } from '../runtime/thread.js';
import { isFloat32, isInt32 } from '../validation/arrays.js';
import { type AnyTensor, checkTensorOf, type Integers, type Tensor } from '../validation/tensor.js';
import {
  checkInput,
  checkPadding,
  concatenateRows,
  describeRows,
  type RowRange,
  slicePadding,
  sliceRows,
  splitRows,
  withRowsInErrors,
} from './batch-split.js';
import { allocateControl, Channel, type Message } from './channel.js';
import {
  type BackwardReply,
  type BackwardRequest,
  errorOf,
  type Failure,
  type ForwardReply,
  type ForwardRequest,
  type ReplicaSetup,
} from './protocol.js';
import { startWorker } from './start.js';

type Predict = (input: Tensor | Integers, padding: Padding, carried: readonly Carried[]) => Prediction;

/** A worker, and the version of each parameter that it has. */
interface PoolWorker {
  readonly channel: Channel;
  readonly thread: Thread;
  readonly versions: number[];
}

/** The rows of a batch that a worker computes. */
interface Assignment {
  readonly worker: PoolWorker;
  readonly range: RowRange;
}

/** A batch, split among this thread and the workers. */
interface BatchSplit {
  readonly input: AnyTensor;
  readonly padding: Padding;
  readonly axis: 0 | 1;
  readonly rows: number;
  /** The rows of this thread. */
  readonly own: RowRange;
  readonly assignments: readonly Assignment[];
}

/** A forward pass that waits for its backward. */
interface RecordedForward {
  readonly split: BatchSplit;
  readonly outputShape: readonly number[];
}

/**
 * Computes a model on several threads, data-parallel: this thread, rank 0, and each worker take a range of the batch's rows.
 * Gradients are summed into the model's in the order of ranks, so a result depends on the number of threads and on nothing
 * else. After a failure the pool can only be closed: its workers may be in the middle of a request.
 */
export class WorkerPool {
  readonly #model: CoreLayer;
  readonly #layers: readonly CoreLayer[];
  readonly #parameters: readonly Parameter[];
  readonly #weights: SharedArrayBuffer;
  /** The version of each parameter in the shared memory. */
  readonly #versions: number[] = [];
  #workers: readonly PoolWorker[] = [];
  #latest: RecordedForward | undefined;

  private constructor(model: CoreLayer) {
    this.#model = model;
    this.#layers = model.coreLayers();
    this.#parameters = [...model.parameters.values()];
    this.#weights = new SharedArrayBuffer(model.parameterCount * 4);
  }

  /** A pool of `threads` threads: this one, and a worker for each other. */
  static async open(model: CoreLayer, threads: number, signal: AbortSignal | undefined): Promise<WorkerPool> {
    const pool = new WorkerPool(model);
    const ranks = Array.from({ length: threads - 1 }, (_, n) => n + 1);
    const opened = await Promise.allSettled(ranks.map((rank) => pool.#openWorker(rank, signal)));
    pool.#workers = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed === undefined) return pool;
    await pool.close();
    throw failed.reason;
  }

  /** The output for a batch, as the model's `forward(input, { training: true, ...padding })` returns it. */
  async forward(input: Tensor | Integers, padding: Padding, lock: Lock): Promise<Tensor> {
    const split = this.#split(input, padding);
    this.#latest = undefined;
    const output = await this.#forwardSplit(split, input, lock);
    this.#latest = { split, outputShape: output.shape };
    return output;
  }

  async #forwardSplit(split: BatchSplit, input: Tensor | Integers, lock: Lock): Promise<Tensor> {
    if (split.assignments.length === 0)
      return lock.open(() => this.#model.forward(input, trainingOptions(split.padding)).output);
    const states = carriedOf(this.#layers);
    this.#send(split, states, { training: true });
    const own = lock.open(() => this.#forwardOwn(split, states));
    const { output, carried } = await this.#join(split, own);
    setCarried(this.#layers, carried);
    return output;
  }

  /**
   * A forward pass without dropout, from these carried states on.
   *
   * @param predict - the same for the rows of this thread. It is not imported, since this file is bundled alone, with classes of its own.
   */
  async predictFrom(
    input: Tensor | Integers,
    padding: Padding,
    carried: readonly Carried[],
    predict: Predict,
  ): Promise<Prediction> {
    const split = this.#split(input, padding);
    if (split.assignments.length === 0) return predict(input, padding, carried);
    this.#send(split, carried, { record: this.#layers.some(({ extras }) => extras.carried !== undefined) });
    const own = withRowsInErrors(split.own, () => {
      const { input: rows, ...others } = batchOf(split, split.own);
      return predict(rows, others, sliceStates(carried, split.own));
    });
    return this.#join(split, own);
  }

  /** Adds to the model's gradients, as its `backward` does, given the gradient of the latest output. */
  async backward(gradient: Tensor, lock: Lock): Promise<void> {
    const { split, outputShape } = this.#latest as RecordedForward;
    const backward = (output: Tensor) =>
      lock.open(() => this.#model.backward({ output }, { inputGradient: false }));
    if (split.assignments.length === 0) {
      backward(gradient);
      return;
    }
    const checked = checkTensorOf('grad', gradient, outputShape, 'of the output');
    const axis = this.#outputAxis(outputShape);
    const header: BackwardRequest = { kind: 'backward' };
    for (const { worker, range } of split.assignments) {
      worker.channel.send({ header, arrays: [sliceRows(checked, axis, range).data] });
    }
    backward(sliceRows(checked, axis, split.own));
    for (const assignment of split.assignments) {
      const { header, arrays } = await receive<BackwardReply>(assignment);
      for (const [n, index] of header.gradients.entries()) {
        this.#addGradient(this.#parameters[index] as Parameter, arrays[n] as Float32Array);
      }
    }
  }

  /** Terminates the workers. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map(({ thread }) => thread.terminate()));
  }

  async #openWorker(rank: number, signal: AbortSignal | undefined): Promise<PoolWorker> {
    const control = allocateControl();
    const channel = new Channel(0, control);
    const { runtime } = this.#model;
    const job: ReplicaSetup = {
      job: 'replica',
      module: runtime.module,
      config: this.#model.config(),
      rank,
      weights: this.#weights,
      control,
    };
    const thread = await startWorker({
      name: `the worker of thread ${rank}`,
      job,
      onMessage: (message) => channel.onPortMessage(message),
      onFailure: (error) => channel.fail(error),
      signal,
    });
    channel.attach(thread);
    return { channel, thread, versions: [] };
  }

  /** Assigns rows to threads; an unbatched input stays with this one. */
  #split(input: Tensor | Integers, padding: Padding): BatchSplit {
    const checked = checkInput(this.#model, input, padding);
    const axis = checked.axis ?? 0;
    const rows = checked.axis === undefined ? 1 : (checked.input.shape[axis] as number);
    const [own, ...others] = splitRows(rows, this.#workers.length + 1) as [RowRange, ...RowRange[]];
    const assignments = this.#workers
      .map((worker, n) => ({ worker, range: others[n] as RowRange }))
      .filter(({ range }) => range.to > range.from);
    const fitting = assignments.length > 0 ? checkPadding(padding, axis, rows) : padding;
    return { input: checked.input, padding: fitting, axis, rows, own, assignments };
  }

  #send(split: BatchSplit, carried: readonly Carried[], mode: ForwardRequest['mode']): void {
    for (const { shape } of carried) {
      if (shape.length !== 3 || shape[1] !== split.rows) throw carriedBatchError(shape, split.rows);
    }
    this.#writeWeights();
    const requiresGrad = this.#parameters.map((parameter) => parameter.requiresGrad);
    const generators = generatorsOf(this.#layers).map((generator) => ({ ...generator }));
    for (const { worker, range } of split.assignments) {
      const { input, mask, lengths } = batchOf(split, range);
      const states = sliceStates(carried, range);
      const header: ForwardRequest = {
        kind: 'forward',
        mode,
        shape: input.shape,
        changed: this.#changedFor(worker),
        requiresGrad,
        generators,
        states: states.map(({ layer, name, shape }): CarriedState => ({ layer, name, shape })),
        ...(lengths && { lengths: lengths as number[] }),
        ...(mask && { mask: mask.shape }),
      };
      const arrays = [input.data, ...states.map(({ data }) => data), ...(mask ? [mask.data] : [])];
      worker.channel.send({ header, arrays: arrays.map(asInt32) });
    }
  }

  #forwardOwn(split: BatchSplit, carried: readonly Carried[]): Prediction {
    const { input, ...padding } = batchOf(split, split.own);
    setCarried(this.#layers, sliceStates(carried, split.own));
    const { output } = withRowsInErrors(split.own, () =>
      this.#model.forward(input as Tensor, trainingOptions(padding)),
    );
    return { output, carried: carriedOf(this.#layers) };
  }

  /** Joins the rows of this thread with those that the workers reply. */
  async #join({ assignments }: BatchSplit, own: Prediction): Promise<Prediction> {
    const parts = [own];
    for (const assignment of assignments) {
      const { header, arrays } = await receive<ForwardReply>(assignment);
      const [data, ...states] = arrays as [Float32Array, ...Float32Array[]];
      const carried = header.states.map((state, n) => ({ ...state, data: states[n] as Float32Array }));
      parts.push({ output: { data, shape: header.shape }, carried });
    }
    const carried = own.carried.map((state, n) => {
      const states = parts.map((part) => part.carried[n] as Tensor);
      return { ...state, ...concatenateRows(states, 1) };
    });
    const outputs = parts.map(({ output }) => output);
    return { output: concatenateRows(outputs, this.#outputAxis(own.output.shape)), carried };
  }

  /** Copies the parameters that have changed into the shared memory. */
  #writeWeights(): void {
    const { f32 } = this.#model.runtime;
    const weights = new Float32Array(this.#weights);
    let start = 0;
    for (const [n, { pointer, size, version }] of this.#parameters.entries()) {
      if (this.#versions[n] !== version) {
        weights.set(f32.subarray(pointer >>> 2, (pointer >>> 2) + size), start);
        this.#versions[n] = version;
      }
      start += size;
    }
  }

  /** The parameters of which a worker has an older version. */
  #changedFor({ versions }: PoolWorker): number[] {
    const changed = [...this.#versions.keys()].filter((n) => versions[n] !== this.#versions[n]);
    for (const n of changed) versions[n] = this.#versions[n] as number;
    return changed;
  }

  #outputAxis(shape: readonly number[]): 0 | 1 {
    return this.#model.order === 'time' && shape.length === 3 ? 1 : 0;
  }

  /** In the host: the sum of two floats in double precision, rounded, is their sum in single precision. */
  #addGradient(parameter: Parameter, gradient: Float32Array): void {
    const pointer = parameter.needGradient();
    if (pointer === 0) return;
    const start = pointer >>> 2;
    const { f32 } = parameter.runtime;
    for (let n = 0; n < gradient.length; n++) {
      f32[start + n] = (f32[start + n] as number) + (gradient[n] as number);
    }
  }
}

/** A range of a batch's rows, as a batch. */
function batchOf({ input, padding, axis }: BatchSplit, range: RowRange): { input: AnyTensor } & Padding {
  return { input: sliceRows(input, axis, range), ...slicePadding(padding, axis, range) };
}

/** A worker's reply. @throws the worker's error, or an Error if the worker has ended */
async function receive<Reply>({ worker, range }: Assignment): Promise<Message<Reply>> {
  const reply = await worker.channel.receive<Reply | Failure>();
  if ('error' in (reply.header as object)) throw errorOf(reply.header as Failure, `${describeRows(range)}: `);
  return reply as Message<Reply>;
}

function sliceStates(states: readonly Carried[], range: RowRange): Carried[] {
  return states.map((state) => ({ ...state, ...sliceRows<Tensor>(state, 1, range) }));
}

function asInt32(data: AnyTensor['data']): Float32Array | Int32Array {
  return isFloat32(data) || isInt32(data) ? data : Int32Array.from(data);
}
