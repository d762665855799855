import { openThread } from '#threads';
import type { Batches } from '../data/batches.js';
import type { CoreLayer } from '../layers/layer.js';
import { IN_WORKER, Lock } from '../layers/lock.js';
import { setState } from '../layers/model-state.js';
import { errorOf } from '../parallel/protocol.js';
import { EventLoop } from '../runtime/event-loop.js';
import { disposable } from '../runtime/memory.js';
import type { Thread } from '../runtime/thread.js';
import type { Progress } from '../training/progress.js';
import type { Trainer } from '../training/trainer.js';
import { throwIfAborted } from '../validation/options.js';
import {
  type Command,
  chunksOf,
  type DeferredArray,
  jobOf,
  type Report,
  setPosition,
  type TrainingJob,
  type TrainingState,
} from './job.js';

type End = Extract<Report, { kind: 'end' }>;

/**
 * A training that runs in a worker, made by {@link trainInWorker}. Iterate over it to follow its progress: at most twenty
 * values a second, always including the last step's; a value that nobody has read is replaced by a newer one. Leaving the
 * loop ends the training after a whole step. A process stays alive for it only while it computes and something awaits it.
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
  #unread: Progress | undefined;
  #pauseRequested = false;
  /** Whether the worker has reported that it is paused. */
  #paused = false;
  #waiting = 0;
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
    // Rejects in `done` and in the loop, for whoever awaits them.
    this.#done.catch(() => {});
  }

  /**
   * Resolves when the training is over and the model has its results.
   *
   * @throws as the loop over the training does
   */
  get done(): Promise<void> {
    return this.#awaiting(() => this.#done);
  }

  /** Pauses before the next step. Resolves when the worker has stopped computing, or the training is over. */
  async pause(): Promise<void> {
    this.#pauseRequested = true;
    this.#command({ kind: 'pause' });
    await this.#awaiting(async () => {
      while (this.#pauseRequested && !this.#paused && !this.#over) await this.#change();
    });
  }

  /** Continues after {@link pause}. */
  resume(): void {
    this.#pauseRequested = false;
    this.#paused = false;
    this.#command({ kind: 'resume' });
    this.#updateKeepAlive();
  }

  /** Terminates the worker at once, unless the training is over: its results are lost, and the model is as before. */
  dispose(): void {
    this.#abandon(new Error('this training was disposed before it was over: the model is as before'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void, undefined> {
    try {
      for (;;) {
        while (!this.#unread && !this.#over) await this.#awaiting(() => this.#change());
        if (!this.#unread) return await this.#done;
        const progress = this.#unread;
        this.#unread = undefined;
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
      if (error) throw errorOf({ error });
      throwIfAborted(signal);
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
      const thread = await openThread(
        (message) => this.#onReport(message as Report),
        ({ message }) => this.#abandon(new Error(`the worker of this training failed: ${message}`)),
      );
      this.#thread = thread;
      thread.post(job);
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
    if (report.kind === 'progress') this.#unread = report.progress;
    else if (report.kind === 'paused') this.#paused = this.#pauseRequested;
    else this.#finish(report);
    this.#notify();
    this.#updateKeepAlive();
  }

  /** Gives the page's model, trainer and batches the results of the worker. */
  async #load({ model, trainer, batches }: TrainingState): Promise<void> {
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
  }

  #abandon(error: Error): void {
    this.#stopping = true;
    this.#fail(error);
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
    if (!this.#over) this.#thread?.keepAlive(this.#waiting > 0 && !this.#paused);
  }
}
