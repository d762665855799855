import type { Tensor } from '../border/tensor.js';
import { type Batches, batchesFrom } from '../data/batches.js';
import { layerOf } from '../files/config.js';
import type { CoreLayer } from '../layers/layer.js';
import type { Parameter } from '../layers/parameter.js';
import { Runtime } from '../runtime/runtime.js';
import type { Port } from '../runtime/thread.js';
import {
  buffersOf,
  type Command,
  type Job,
  LOSSES,
  OPTIMIZERS,
  placeOf,
  type Report,
  setPlace,
  type Values,
} from './job.js';
import { setState, stateOf } from './model-state.js';
import type { OptimizerState } from './optimizer.js';
import { failureOf } from './protocol.js';
import { type Batch, type Loss, type Progress, Trainer } from './trainer.js';

/** Progress is told no more often than this: a page paints 60 times a second, and nobody reads faster than 20. */
const TELL_MILLISECONDS = 50;

type AnyBatch = Batch<Tensor>;

/** The training of a page, in its worker. */
export class RemoteTraining {
  readonly #port: Port;
  readonly #job: Job;
  readonly #arrays: Values[] = [];
  #stopped = false;
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
      this.#stopped ||= command.kind === 'stop';
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
      for await (const progress of made.trainer.run(this.#gated(made.batches))) {
        this.#untold = progress;
        if (performance.now() - this.#told >= TELL_MILLISECONDS) this.#tell();
      }
    } catch (error) {
      failure = failureOf(error);
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
  async *#gated(batches: Batches<AnyBatch>): AsyncGenerator<AnyBatch, void, undefined> {
    const all = batches[Symbol.iterator]();
    for (;;) {
      while (this.#pause) {
        this.#tell();
        this.#post({ kind: 'paused' });
        await this.#pause;
      }
      if (this.#stopped) return;
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
    const trainer = new Trainer<Tensor>(model, {
      loss: LOSSES[job.loss] as unknown as Loss<Tensor>,
      optimizer: new OPTIMIZERS[job.optimizer](groups),
      ...(job.clipNorm !== undefined && { clipNorm: job.clipNorm }),
      ...(job.clipValue !== undefined && { clipValue: job.clipValue }),
    });
    trainer.loadStateDict({ ...job.trainer, optimizer: filled(job.trainer.optimizer, next) });
    const arrays = job.shapes.map((shape) => ({ data: next(), shape }));
    const batches = batchesFrom({ ...job.source, arrays } as never, runtime) as Batches<AnyBatch>;
    setPlace(batches, job.batches);
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

/** A state with its arrays in their place. */
function filled(state: OptimizerState, next: () => Float32Array): OptimizerState {
  const slots = state.slots.map((slot) => {
    if (slot === null) return null;
    const arrays = Object.entries(slot.arrays).map(([name, { shape }]) => [name, { data: next(), shape }]);
    return { ...slot, arrays: Object.fromEntries(arrays) };
  });
  return { ...state, slots };
}
