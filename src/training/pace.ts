import { blocksPage, now } from '../runtime/page.js';

/** Browsers report a task as long from this duration on (W3C, Long Tasks). */
const LONG_MILLISECONDS = 50;

/** The decay per batch of earlier measurements: the rate is that of about the last twenty batches. */
const DECAY = 0.95;

/** The speed of a run, measured from batch to batch, including everything that runs between two steps. */
export class Pace {
  #samples = 0;
  #batches = 0;
  #seconds = 0;
  #since = now();

  /** Counts one more batch. */
  count(samples: number): void {
    const time = now();
    this.#samples = this.#samples * DECAY + samples;
    this.#batches = this.#batches * DECAY + 1;
    this.#seconds = this.#seconds * DECAY + (time - this.#since) / 1000;
    this.#since = time;
  }

  /** 0 if the clock of the runtime does not advance while code runs, as on edge runtimes. */
  get samplesPerSecond(): number {
    return this.#seconds > 0 ? this.#samples / this.#seconds : 0;
  }

  /** The estimated time for a number of batches; empty if the number is unknown. */
  secondsFor(batches: number | undefined): { secondsLeft?: number } {
    if (batches === undefined || !Number.isFinite(batches)) return {};
    return { secondsLeft: (batches * this.#seconds) / this.#batches };
  }
}

/** Warns once if steps are too long for the main thread of a page. */
export class LongSteps {
  #warned = false;

  /** Runs a step and measures its duration. */
  watch<T>(step: () => T): T {
    if (this.#warned || !blocksPage()) return step();
    const start = now();
    const result = step();
    const duration = now() - start;
    if (duration > LONG_MILLISECONDS) {
      this.#warned = true;
      console.warn(
        `lstm-wasm: a training step took ${Math.round(duration)} ms and blocked this page: ` +
          'trainInWorker(trainer, batches) of lstm-wasm/worker gives the same bits without blocking',
      );
    }
    return result;
  }
}
