import { openThread } from '#threads';
import type { Batches } from '../data/batches.js';
import type { CoreLayer } from '../layers/layer.js';
import { EventLoop } from '../runtime/event-loop.js';
import { disposable } from '../runtime/memory.js';
import type { Thread } from '../runtime/thread.js';
import { setState } from '../training/model-state.js';
import type { Progress } from '../training/progress.js';
import type { Trainer } from '../training/trainer.js';
import { piecesOf } from './chunks.js';
import { type Cargo, type Command, type Job, jobOf, type Outcome, type Report, setPlace } from './job.js';
import { errorOf } from './protocol.js';

type End = Extract<Report, { kind: 'end' }>;

/**
 * A training that a worker runs; made by {@link trainInWorker}. To iterate over it tells of its progress, at most twenty times a
 * second and always of the last step; what nobody has read gives way to what is newer. Leaving the loop ends the training
 * after a whole step. It keeps a process alive only while it computes and somebody waits for it.
 */
export class WorkerTraining implements AsyncIterable<Progress> {
  readonly #trainer: Trainer<never>;
  readonly #batches: Batches<unknown>;
  readonly #done: Promise<void>;
  #thread: Thread | undefined;
  #finish: (end: End) => void = () => {};
  #fail: (error: Error) => void = () => {};
  readonly #unsent: Command[] = [];
  #ending = false;
  #over = false;
  #unread: Progress | undefined;
  #paused = false;
  /** Whether the worker has come to where it was to pause. */
  #standing = false;
  #waiting = 0;
  /** Those who wait for anything new. */
  readonly #wake: (() => void)[] = [];

  /** @internal */
  constructor(trainer: Trainer<never>, batches: Batches<unknown>, signal: AbortSignal | undefined) {
    disposable(this);
    this.#trainer = trainer;
    this.#batches = batches;
    const [job, cargo] = jobOf(trainer, batches);
    trainer.at = 'a worker';
    this.#done = this.#run(job, cargo, signal);
    // Whoever waits or iterates hears of it.
    this.#done.catch(() => {});
  }

  /**
   * Fulfilled when the training is over and the model has come back.
   *
   * @throws as the loop over the training does
   */
  get done(): Promise<void> {
    return this.#awaited(() => this.#done);
  }

  /** Stops computing before the next step; fulfilled when the worker stands still, or the training is over. */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#command({ kind: 'pause' });
    await this.#awaited(async () => {
      while (this.#paused && !this.#standing && !this.#over) await this.#news();
    });
  }

  /** Goes on from where {@link pause} stopped. */
  resume(): void {
    this.#paused = false;
    this.#standing = false;
    this.#command({ kind: 'resume' });
    this.#hold();
  }

  /** Ends the worker at once, where the training is not over: what it has learnt is lost, and the model is as it was. */
  dispose(): void {
    this.#abandon(new Error('this training was disposed of before its end: the model is as it was'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void, undefined> {
    try {
      for (;;) {
        while (!this.#unread && !this.#over) await this.#awaited(() => this.#news());
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

  async #run(job: Job, cargo: Cargo, signal: AbortSignal | undefined): Promise<void> {
    const stop = () => this.#stop();
    const end = new Promise<End>((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    end.catch(() => {});
    signal?.addEventListener('abort', stop);
    try {
      signal?.throwIfAborted();
      await this.#send(job, cargo);
      const last = await end;
      if (last.outcome) await this.#take(last.outcome);
      if (last.error) throw errorOf({ error: last.error });
      signal?.throwIfAborted();
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#over = true;
      this.#trainer.at = undefined;
      this.#wakeAll();
      await this.#thread?.end();
    }
  }

  /** Arrays go in pieces, each in a turn of its own: a page stays alive however much it is. */
  async #send(job: Job, cargo: Cargo): Promise<void> {
    const loop = new EventLoop();
    try {
      const thread = await openThread(
        (message) => this.#hear(message as Report),
        ({ message }) => this.#abandon(new Error(`the worker of this training failed: ${message}`)),
      );
      this.#thread = thread;
      thread.post(job);
      for (const command of this.#unsent) thread.post(command);
      for (const [n, array] of cargo.entries()) {
        for (const piece of piecesOf(array)) {
          await loop.turn();
          if (this.#ending) return this.#finish({ kind: 'end' });
          thread.post({ kind: 'piece', n, ...piece } satisfies Command, [piece.values.buffer as ArrayBuffer]);
        }
      }
      thread.post({ kind: 'begin' } satisfies Command);
      this.#hold();
    } finally {
      loop.close();
    }
  }

  #hear(report: Report): void {
    if (report.kind === 'progress') this.#unread = report.progress;
    else if (report.kind === 'paused') this.#standing = this.#paused;
    else this.#finish(report);
    this.#wakeAll();
    this.#hold();
  }

  /** What the worker has learnt, in the page's model, trainer and batches. */
  async #take({ model, trainer, batches }: Outcome): Promise<void> {
    const loop = new EventLoop();
    for (const _ of this.#trainer.loading(trainer)) await loop.turn();
    loop.close();
    setState(this.#trainer.model as CoreLayer, model);
    setPlace(this.#batches, batches);
  }

  #stop(): void {
    if (this.#ending || this.#over) return;
    this.#ending = true;
    this.#command({ kind: 'stop' });
  }

  #abandon(error: Error): void {
    this.#ending = true;
    this.#fail(error);
  }

  #command(command: Command): void {
    if (this.#over) return;
    if (this.#thread) this.#thread.post(command);
    else this.#unsent.push(command);
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #wakeAll(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }

  async #awaited(wait: () => Promise<void>): Promise<void> {
    this.#waiting++;
    this.#hold();
    try {
      await wait();
    } finally {
      this.#waiting--;
      this.#hold();
    }
  }

  #hold(): void {
    if (!this.#over) this.#thread?.hold(this.#waiting > 0 && !this.#standing);
  }
}
