import { type Batches, batchesFrom } from '../data/batches.js';
import { saveModel } from '../files/model.js';
import type { CoreLayer } from '../layers/layer.js';
import { setState, stateOf } from '../layers/model-state.js';
import type { Parameter } from '../layers/parameter.js';
import { layerOf } from '../layers/registry.js';
import { failureOf } from '../parallel/protocol.js';
import { Runtime } from '../runtime/runtime.js';
import type { Port } from '../runtime/thread.js';
import type { Batch, Loss } from '../training/batch.js';
import type { AnyBatches, Placed } from '../training/batch-progress.js';
import type { Metric } from '../training/metrics.js';
import { Trainer } from '../training/trainer.js';
import { mapArrays } from '../training/trainer-state.js';
import { throwIfAborted } from '../validation/options.js';
import type { Tensor } from '../validation/tensor.js';
import {
  type BatchesConfig,
  buffersOf,
  type Command,
  type JobArray,
  LOSSES,
  METRICS,
  OPTIMIZERS,
  positionOf,
  type Report,
  setPosition,
  type TrainingJob,
} from './job.js';
import { ProgressQueue } from './progress-queue.js';

/** The minimum time between two progress reports: about 20 updates a second are enough to read. */
const REPORT_MILLISECONDS = 50;

type AnyBatch = Batch<Tensor>;

type SnapshotCommand = Extract<Command, { kind: 'snapshot' }>;

interface Run {
  readonly trainer: Trainer<Tensor>;
  readonly batches: Batches<AnyBatch>;
}

/** Runs a page's training job, in the worker. */
export class JobRunner {
  readonly #port: Port;
  readonly #job: TrainingJob;
  /** The arrays that follow the job, filled as their chunks arrive. */
  readonly #arrays: JobArray[] = [];
  readonly #stop = new AbortController();
  #pause: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  readonly #unreported = new ProgressQueue();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #training: Run | undefined;
  /** Snapshot requests that arrived before the training started. */
  readonly #requested: SnapshotCommand[] = [];
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(job: TrainingJob, port: Port) {
    this.#job = job;
    this.#port = port;
  }

  handle(command: Command): void {
    if (command.kind === 'chunk') this.#store(command);
    else if (command.kind === 'begin') this.#run();
    else if (command.kind === 'snapshot') this.#snapshot(command);
    else if (command.kind === 'pause') {
      this.#pause ??= new Promise((resolve) => {
        this.#resume = resolve;
      });
    } else {
      if (command.kind === 'stop') this.#stop.abort();
      this.#pause = undefined;
      this.#resume?.();
    }
  }

  #store({ n, from, values }: Extract<Command, { kind: 'chunk' }>): void {
    const ArrayClass = values.constructor as new (length: number) => JobArray;
    this.#arrays[n] ??= new ArrayClass(this.#job.lengths[n] as number);
    this.#arrays[n].set(values, from);
  }

  async #run(): Promise<void> {
    let run: Run | undefined;
    let failure = {};
    try {
      run = this.#prepare();
      this.#training = run;
      for (const command of this.#requested.splice(0)) this.#snapshot(command);
      const { signal } = this.#stop;
      for await (const progress of run.trainer.run(this.#pausable(run.batches), { signal })) {
        this.#unreported.add({ progress, steps: 1 });
        const left = this.#reportedAt + REPORT_MILLISECONDS - performance.now();
        if (left <= 0) this.#report();
        else this.#timer ??= setTimeout(() => this.#report(), left);
      }
    } catch (error) {
      if (error !== this.#stop.signal.reason) failure = failureOf(error);
    }
    this.#report();
    this.#end(run, failure);
  }

  /** Messages arrive only between two steps or during a validation, so the state is always that after a whole step. */
  #snapshot(command: SnapshotCommand): void {
    const { n, metadata } = command;
    if (!this.#training) {
      this.#requested.push(command);
      return;
    }
    const { trainer, batches } = this.#training;
    try {
      const file = saveModel(trainer.model, { trainer, batches, metadata });
      this.#post({ kind: 'snapshot', n, file }, [file.buffer]);
    } catch (error) {
      this.#post({ kind: 'snapshot', n, ...failureOf(error) });
    }
  }

  #end(run: Run | undefined, failure: object): void {
    if (run === undefined) {
      this.#post({ kind: 'end', ...failure });
      return;
    }
    const { trainer, batches } = run;
    const model = stateOf(trainer.model as CoreLayer);
    const state = { model, trainer: trainer.stateDict(), batches: positionOf(batches) };
    this.#post({ kind: 'end', state, ...failure }, buffersOf(state));
  }

  /** Takes a batch only while training is not paused or stopped, so that the position of the batches stays correct. */
  #pausable(batches: Batches<AnyBatch>): AnyBatches<AnyBatch> & Placed {
    const generator = this.#whileRunning(batches);
    return {
      [Symbol.asyncIterator]: () => generator,
      length: batches.length,
      source: batches.source,
      stateDict: () => batches.stateDict(),
    };
  }

  async *#whileRunning(batches: Batches<AnyBatch>): AsyncGenerator<AnyBatch, void, undefined> {
    const iterator = batches[Symbol.iterator]();
    for (;;) {
      while (this.#pause && !this.#stop.signal.aborted) {
        this.#report();
        this.#post({ kind: 'paused' });
        await this.#pause;
      }
      // Throws instead of returning, because the trainer would treat the end of the batches as the end of the run.
      throwIfAborted(this.#stop.signal);
      const next = iterator.next();
      if (next.done) return;
      yield next.value;
    }
  }

  /** Rebuilds the model, the trainer and the batches of the page, taking the arrays in the order of `jobOf`. */
  #prepare(): Run {
    const job = this.#job;
    const arrays = this.#arrays.values();
    const next = () => arrays.next().value as Float32Array;
    const runtime = new Runtime(job.module, 0);
    const model = layerOf(job.config, runtime) as CoreLayer;
    const weights = job.model.weights.map(next);
    setState(model, { ...job.model, weights });
    const parameters = [...model.parameters.values()];
    const groups = job.groups.map((indices) => ({ params: indices.map((n) => parameters[n] as Parameter) }));
    const state = mapArrays(job.trainer, ({ shape }) => ({ data: next(), shape }));
    const batches = rebuildBatches(job.data, next, runtime);
    setPosition(batches, job.batches);
    const { data, ...validation } = job.validation ?? {};
    const trainer = new Trainer<Tensor>(model, {
      ...(job.options as object),
      loss: LOSSES[job.loss] as unknown as Loss<Tensor>,
      optimizer: new OPTIMIZERS[job.optimizer](groups),
      metrics: metricsOf(job.metrics),
      ...(data && { validation: { ...validation, batches: rebuildBatches(data, next, runtime) } }),
    });
    trainer.loadStateDict(state);
    this.#arrays.length = 0;
    return { trainer, batches };
  }

  #report(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entries = this.#unreported.drain();
    if (entries.length === 0) return;
    this.#post({ kind: 'progress', entries });
    this.#reportedAt = performance.now();
  }

  #post(report: Report, transfer?: readonly ArrayBuffer[]): void {
    this.#port.post(report, transfer);
  }
}

function rebuildBatches(
  { shapes, ...source }: BatchesConfig,
  next: () => JobArray,
  runtime: Runtime,
): Batches<AnyBatch> {
  const arrays = shapes.map((shape) => ({ data: next(), shape }));
  return batchesFrom({ ...source, arrays } as never, runtime) as Batches<AnyBatch>;
}

function metricsOf(configs: TrainingJob['metrics']): Record<string, Metric<Tensor>> {
  const entries = Object.entries(configs).map(([name, { type, ...options }]) => [
    name,
    METRICS[type]?.(options),
  ]);
  return Object.fromEntries(entries);
}
