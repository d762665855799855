import { type Batches, batchesFrom } from '../data/batches.js';
import type { CoreLayer } from '../layers/layer.js';
import type { Parameter } from '../layers/parameter.js';
import { layerOf } from '../layers/registry.js';
import { Runtime } from '../runtime/runtime.js';
import type { Port } from '../runtime/thread.js';
import type { Batch, Loss } from '../training/batch.js';
import type { AnyBatches, Placed } from '../training/batch-progress.js';
import type { Metric } from '../training/metrics.js';
import { setState, stateOf } from '../training/model-state.js';
import type { Progress } from '../training/progress.js';
import { Trainer } from '../training/trainer.js';
import { mapArrays } from '../training/trainer-state.js';
import type { Tensor } from '../validation/tensor.js';
import {
  buffersOf,
  type Command,
  type Job,
  LOSSES,
  METRICS,
  OPTIMIZERS,
  placeOf,
  type Report,
  type Source,
  setPlace,
  type Values,
} from './job.js';
import { failureOf } from './protocol.js';

/** Progress is told no more often than this: a page paints 60 times a second, and nobody reads faster than 20. */
const TELL_MILLISECONDS = 50;

type AnyBatch = Batch<Tensor>;

/** The training of a page, in its worker. */
export class RemoteTraining {
  readonly #port: Port;
  readonly #job: Job;
  readonly #arrays: Values[] = [];
  /** Aborted when the page stops the training. */
  readonly #stop = new AbortController();
  #pause: Promise<void> | undefined;
  #resume: (() => void) | undefined;
  #untold: Progress | undefined;
  #told = Number.NEGATIVE_INFINITY;

  constructor(job: Job, port: Port) {
    this.#job = job;
    this.#port = port;
  }

  hear(command: Command): void {
    if (command.kind === 'piece') this.#put(command);
    else if (command.kind === 'begin') this.#run();
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

  #put({ n, from, values }: Extract<Command, { kind: 'piece' }>): void {
    const Kind = values.constructor as new (length: number) => Values;
    this.#arrays[n] ??= new Kind(this.#job.lengths[n] as number);
    this.#arrays[n].set(values, from);
  }

  async #run(): Promise<void> {
    let made: { trainer: Trainer<Tensor>; batches: Batches<AnyBatch> } | undefined;
    let failure = {};
    try {
      made = this.#make();
      const { signal } = this.#stop;
      for await (const progress of made.trainer.run(this.#gated(made.batches), { signal })) {
        this.#untold = progress;
        if (performance.now() - this.#told >= TELL_MILLISECONDS) this.#tell();
      }
    } catch (error) {
      if (error !== this.#stop.signal.reason) failure = failureOf(error);
    }
    this.#tell();
    this.#end(made, failure);
  }

  #end(made: { trainer: Trainer<Tensor>; batches: Batches<AnyBatch> } | undefined, failure: object): void {
    if (made === undefined) {
      this.#post({ kind: 'end', ...failure });
      return;
    }
    const { trainer, batches } = made;
    const model = stateOf(trainer.model as CoreLayer);
    const outcome = { model, trainer: trainer.stateDict(), batches: placeOf(batches) };
    this.#post({ kind: 'end', outcome, ...failure }, buffersOf(outcome));
  }

  /** Batches, each only once the page lets it: what it does not let through is not taken, so that their place is right. */
  #gated(batches: Batches<AnyBatch>): AnyBatches<AnyBatch> & Placed {
    const gate = this.#gate(batches);
    return {
      [Symbol.asyncIterator]: () => gate,
      length: batches.length,
      source: batches.source,
      stateDict: () => batches.stateDict(),
    };
  }

  async *#gate(batches: Batches<AnyBatch>): AsyncGenerator<AnyBatch, void, undefined> {
    const all = batches[Symbol.iterator]();
    for (;;) {
      while (this.#pause) {
        this.#tell();
        this.#post({ kind: 'paused' });
        await this.#pause;
      }
      // Not the end of the batches, which the trainer would take for that of the run.
      this.#stop.signal.throwIfAborted();
      const next = all.next();
      if (next.done) return;
      yield next.value;
    }
  }

  #make() {
    const job = this.#job;
    const cargo = this.#arrays.values();
    const next = () => cargo.next().value as Float32Array;
    const runtime = new Runtime(job.module, 0);
    const model = layerOf(job.config, runtime) as CoreLayer;
    const weights = job.model.weights.map(next);
    setState(model, { ...job.model, weights });
    const parameters = [...model.parameters.values()];
    const groups = job.groups.map((places) => ({ params: places.map((n) => parameters[n] as Parameter) }));
    const state = mapArrays(job.trainer, ({ shape }) => ({ data: next(), shape }));
    const made = (source: Source) => remade(source, next, runtime);
    const batches = made(job.source);
    setPlace(batches, job.batches);
    const { source, ...validation } = job.validation ?? {};
    const trainer = new Trainer<Tensor>(model, {
      ...(job.options as object),
      loss: LOSSES[job.loss] as unknown as Loss<Tensor>,
      optimizer: new OPTIMIZERS[job.optimizer](groups),
      metrics: metricsOf(job.metrics),
      ...(source && { validation: { ...validation, batches: made(source) } }),
    });
    trainer.loadStateDict(state);
    this.#arrays.length = 0;
    return { trainer, batches };
  }

  #tell(): void {
    if (this.#untold === undefined) return;
    this.#post({ kind: 'progress', progress: this.#untold });
    this.#untold = undefined;
    this.#told = performance.now();
  }

  #post(report: Report, transferred?: readonly ArrayBuffer[]): void {
    this.#port.post(report, transferred);
  }
}

/** Batches over arrays that are here now. */
function remade({ shapes, ...source }: Source, next: () => Values, runtime: Runtime): Batches<AnyBatch> {
  const arrays = shapes.map((shape) => ({ data: next(), shape }));
  return batchesFrom({ ...source, arrays } as never, runtime) as Batches<AnyBatch>;
}

function metricsOf(configs: Job['metrics']): Record<string, Metric<Tensor>> {
  const entries = Object.entries(configs).map(([name, { type, ...options }]) => [
    name,
    METRICS[type]?.(options),
  ]);
  return Object.fromEntries(entries);
}
