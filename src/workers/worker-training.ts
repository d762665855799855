import type { Batches } from '../data/batches.js';
import { checkMetadata, saveModel } from '../files/model.js';
import type { CoreLayer } from '../layers/layer.js';
import { IN_WORKER, Lock } from '../layers/lock.js';
import { setState } from '../layers/model-state.js';
import { errorOf } from '../parallel/protocol.js';
import { startWorker } from '../parallel/start.js';
import { EventLoop } from '../runtime/event-loop.js';
import { disposable } from '../runtime/memory.js';
import type { Thread } from '../runtime/thread.js';
import type { Progress } from '../training/progress.js';
import type { Trainer } from '../training/trainer.js';
import { checkOptions, throwIfAborted } from '../validation/options.js';
import type { Bytes } from '../validation/tensor.js';
import {
  type Command,
  chunksOf,
  type DeferredArray,
  jobOf,
  type Report,
  type RunState,
  setPosition,
  type TrainingJob,
} from './job.js';
import { ProgressQueue } from './progress-queue.js';

type End = Extract<Report, { kind: 'end' }>;
type Snapshot = Extract<Report, { kind: 'snapshot' }>;

/**
 * A training that runs in a worker, created by {@link trainInWorker}. Iterate over it to follow the progress: about twenty values per
 * second, each of the latest step with the mean loss since the previous value. Values with a validation or a skipped batch, and the last
 * one, are never omitted. Leaving the loop ends the training after a whole step, like `stop()`. The training keeps a process alive only
 * while it computes and something awaits it.
 */
export class WorkerTraining implements AsyncIterable<Progress> {
  readonly #trainer: Trainer<never>;
  readonly #batches: Batches<unknown>;
  readonly #done: Promise<void>;
  readonly #lock: Lock;
  #thread: Thread | undefined;
  #finish: (end: End) => void = () => {};
  #fail: (error: Error) => void = () => {};
  /** Commands given before the worker was started. */
  readonly #queued: Command[] = [];
  #stopping = false;
  #over = false;
  /** Why the training ended without results. */
  #lost: unknown;
  readonly #unread = new ProgressQueue();
  readonly #starting = new AbortController();
  #snapshotCount = 0;
  readonly #snapshots = new Map<number, Snapshot>();
  #pauseRequested = false;
  /** Whether the worker has reported that it is paused. */
  #paused = false;
  /** How many callers await the training. */
  #waiting = 0;
  /** How many of those await a snapshot, which a paused worker sends too. */
  #waitingForSnapshot = 0;
  /** Resolved by the next change of any kind. */
  readonly #onChange: (() => void)[] = [];

  /** @internal */
  constructor(trainer: Trainer<never>, batches: Batches<unknown>, signal: AbortSignal | undefined) {
    disposable(this);
    this.#trainer = trainer;
    this.#batches = batches;
    const [job, arrays] = jobOf(trainer, batches);
    this.#lock = Lock.take(IN_WORKER, trainer.model, trainer.optimizer.allocations);
    this.#done = this.#run(job, arrays, signal);
    // `done` and the loop reject for callers that await them.
    this.#done.catch(() => {});
  }

  /**
   * Resolves when the training has ended and its results are in the model.
   *
   * @throws as the loop over the training does
   */
  get done(): Promise<void> {
    return this.#awaiting(() => this.#done);
  }

  /** Pauses before the next step. Resolves when the worker has paused or the training has ended. */
  async pause(): Promise<void> {
    this.#pauseRequested = !this.#stopping;
    if (this.#pauseRequested) this.#command({ kind: 'pause' });
    await this.#awaiting(async () => {
      while ((this.#pauseRequested ? !this.#paused : this.#stopping) && !this.#over) await this.#change();
    });
  }

  /** Continues after {@link pause}. */
  resume(): void {
    if (this.#stopping) return;
    this.#command({ kind: 'resume' });
    this.#unpause();
  }

  /**
   * Ends the training after a whole step, also while it is paused. Resolves when the results are in the model; the loop over the training
   * ends then. To continue, start another run.
   *
   * @throws as the loop over the training does
   */
  stop(): Promise<void> {
    this.#stop();
    const { done } = this;
    // The loop throws it too: this promise need not be awaited.
    done.catch(() => {});
    return done;
  }

  /**
   * Saves the model after the latest step, with the trainer and the batches, in the format of `saveModel`: to store it during training, or to
   * predict with a copy of the model. Also works while the training is paused; after the training has ended, it saves the model here.
   *
   * @param options - `metadata`: additional texts for the file
   * @throws TypeError for metadata that is not text; Error if the training fails without results before the file is created
   * @example
   * ```ts
   * import { Adam, Linear, mse, Trainer } from 'lstm-wasm';
   * import { batches } from 'lstm-wasm/data';
   * import { loadModel } from 'lstm-wasm/files';
   * import { trainInWorker } from 'lstm-wasm/worker';
   * const model = new Linear(1, 1);
   * const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
   * const input = { data: new Float32Array([1, 2]), shape: [2, 1] };
   * const target = { data: new Float32Array([3, 5]), shape: [2, 1] };
   * const training = trainInWorker(trainer, batches({ input, target }, { batchSize: 2, epochs: Infinity }));
   * const copy = loadModel(await training.snapshot({ metadata: { unit: 'degrees' } }));
   * console.log(copy.metadata.unit, copy.model.forward(input).output.shape); // degrees [ 2, 1 ]
   * await training.stop();
   * ```
   */
  async snapshot(options: { metadata?: Record<string, string> } = {}): Promise<Bytes> {
    checkOptions(options, ['metadata'], 'snapshot');
    const { metadata = {} } = options;
    checkMetadata(metadata);
    const n = this.#snapshotCount++;
    this.#command({ kind: 'snapshot', n, metadata: { ...metadata } });
    this.#waitingForSnapshot++;
    await this.#awaiting(async () => {
      while (!this.#snapshots.has(n) && !this.#over) await this.#change();
    }).finally(() => {
      this.#waitingForSnapshot--;
    });
    const answer = this.#snapshots.get(n);
    this.#snapshots.delete(n);
    if (answer?.error) throw errorOf({ error: answer.error });
    if (answer?.file) return answer.file;
    if (this.#lost !== undefined) throw this.#lost;
    return saveModel(this.#trainer.model, { trainer: this.#trainer, batches: this.#batches, metadata });
  }

  /** Terminates the worker at once, unless the training has ended. Its results are lost, and the model is as before. */
  dispose(): void {
    this.#abandon(new Error('this training was disposed of before it ended: the model is as before'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void, undefined> {
    try {
      for (;;) {
        while (this.#unread.isEmpty && !this.#over) await this.#awaiting(() => this.#change());
        const progress = this.#unread.shift();
        if (!progress) return await this.#done;
        yield progress;
      }
    } finally {
      this.#stop();
      await this.done;
    }
  }

  async #run(
    job: TrainingJob,
    arrays: readonly DeferredArray[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const stop = () => this.#stop();
    let loaded = false;
    const end = new Promise<End>((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    end.catch(() => {});
    signal?.addEventListener('abort', stop);
    try {
      throwIfAborted(signal);
      await this.#send(job, arrays);
      const { state, error } = await end;
      if (state) await this.#load(state);
      loaded = true;
      if (error) throw errorOf({ error });
      throwIfAborted(signal);
    } catch (error) {
      if (!loaded) this.#lost = error;
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#over = true;
      this.#lock.release();
      this.#notify();
      await this.#thread?.terminate();
    }
  }

  /** Sends the arrays in chunks and yields to the event loop before each: the page stays responsive at any size. */
  async #send(job: TrainingJob, arrays: readonly DeferredArray[]): Promise<void> {
    const loop = new EventLoop();
    try {
      const thread = await startWorker({
        name: 'the worker of this training',
        job,
        onMessage: (message) => this.#onReport(message as Report),
        onFailure: (error) => this.#abandon(error),
        signal: this.#starting.signal,
      }).catch((error) => {
        if (!this.#stopping) throw error;
        return undefined;
      });
      if (!thread) return this.#finish({ kind: 'end' });
      this.#thread = thread;
      this.#updateKeepAlive();
      for (const command of this.#queued) thread.post(command);
      for (const [n, array] of arrays.entries()) {
        for (const chunk of chunksOf(array)) {
          await loop.yield();
          if (this.#stopping) return this.#finish({ kind: 'end' });
          thread.post({ kind: 'chunk', n, ...chunk } satisfies Command, [chunk.values.buffer as ArrayBuffer]);
        }
      }
      thread.post({ kind: 'begin' } satisfies Command);
      this.#updateKeepAlive();
    } finally {
      loop.close();
    }
  }

  #onReport(report: Report): void {
    if (report.kind === 'progress') for (const entry of report.entries) this.#unread.add(entry);
    else if (report.kind === 'paused') this.#paused = this.#pauseRequested;
    else if (report.kind === 'snapshot') this.#snapshots.set(report.n, report);
    else this.#finish(report);
    this.#notify();
    this.#updateKeepAlive();
  }

  /** Gives the page's model, trainer and batches the results of the worker. */
  async #load({ model, trainer, batches }: RunState): Promise<void> {
    const loop = new EventLoop();
    const loading = this.#trainer.loading(trainer);
    while (!this.#lock.open(() => loading.next()).done) await loop.yield();
    loop.close();
    this.#lock.open(() => setState(this.#trainer.model as CoreLayer, model));
    setPosition(this.#batches, batches);
  }

  #stop(): void {
    if (this.#stopping || this.#over) return;
    this.#stopping = true;
    this.#command({ kind: 'stop' });
    // A worker that has not started has nothing to give back.
    this.#starting.abort();
    this.#unpause();
  }

  #abandon(error: Error): void {
    this.#stopping = true;
    this.#fail(error);
    this.#starting.abort();
  }

  /** The worker computes again, and is waited for. */
  #unpause(): void {
    this.#pauseRequested = false;
    this.#paused = false;
    this.#notify();
    this.#updateKeepAlive();
  }

  #command(command: Command): void {
    if (this.#over) return;
    if (this.#thread) this.#thread.post(command);
    else this.#queued.push(command);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  #notify(): void {
    for (const resolve of this.#onChange.splice(0)) resolve();
  }

  async #awaiting(wait: () => Promise<void>): Promise<void> {
    this.#waiting++;
    this.#updateKeepAlive();
    try {
      await wait();
    } finally {
      this.#waiting--;
      this.#updateKeepAlive();
    }
  }

  #updateKeepAlive(): void {
    if (!this.#over)
      this.#thread?.keepAlive(this.#waiting > 0 && (!this.#paused || this.#waitingForSnapshot > 0));
  }
}
