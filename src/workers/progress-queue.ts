import type { Progress } from '../training/progress.js';

/** A progress whose loss is the mean of the last `steps` steps. */
export interface CountedProgress {
  readonly progress: Progress;
  readonly steps: number;
}

/**
 * Progress that nobody has read yet. Successive steps are joined into one value, the newest with the mean of their losses;
 * a validation, a skipped batch or the end of a run always keeps a value of its own.
 */
export class ProgressQueue {
  #entries: CountedProgress[] = [];

  add(newer: CountedProgress): void {
    const last = this.#entries.at(-1);
    if (last && canJoin(last.progress, newer.progress))
      this.#entries[this.#entries.length - 1] = join(last, newer);
    else this.#entries.push(newer);
  }

  /** The oldest, which is removed. */
  shift(): Progress | undefined {
    return this.#entries.shift()?.progress;
  }

  /** All of them, which are removed. */
  drain(): CountedProgress[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }
}

function canJoin(older: Progress, newer: Progress): boolean {
  return older.validation === undefined && older.stopped === undefined && hasStep(older) && hasStep(newer);
}

/** Whether its loss is that of a whole step. */
function hasStep({ skipped, pending, loss }: Progress): boolean {
  return skipped === undefined && pending === undefined && Number.isFinite(loss);
}

function join(older: CountedProgress, newer: CountedProgress): CountedProgress {
  const steps = older.steps + newer.steps;
  const loss = (older.progress.loss * older.steps + newer.progress.loss * newer.steps) / steps;
  return { progress: { ...newer.progress, loss }, steps };
}
