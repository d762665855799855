import { blocksPage, now } from '../runtime/page.js';

/** From here on browsers speak of a long task, and a page feels slow (W3C, Long Tasks). */
const LONG_MILLISECONDS = 50;

/** How much of what was measured before each batch counts still: the rate is that of the last twenty or so. */
const KEPT = 0.95;

/** How fast a run goes, between one batch and the next, whatever is done there. */
export class Pace {
  #samples = 0;
  #batches = 0;
  #seconds = 0;
  #since = now();

  /** One more batch, of so many samples. */
  count(samples: number): void {
    const time = now();
    this.#samples = this.#samples * KEPT + samples;
    this.#batches = this.#batches * KEPT + 1;
    this.#seconds = this.#seconds * KEPT + (time - this.#since) / 1000;
    this.#since = time;
  }

  /** 0 where the clock of the runtime stands still. */
  get samplesPerSecond(): number {
    return this.#seconds > 0 ? this.#samples / this.#seconds : 0;
  }

  /** For so many batches; none where nobody knows how many. */
  secondsFor(batches: number | undefined): { secondsLeft?: number } {
    if (batches === undefined || !Number.isFinite(batches)) return {};
    return { secondsLeft: (batches * this.#seconds) / this.#batches };
  }
}

/** Says once that steps are too long for the thread of a page. */
export class LongSteps {
  #said = false;

  /** Runs a step. */
  watch<T>(step: () => T): T {
    if (this.#said || !blocksPage()) return step();
    const begun = now();
    const result = step();
    const took = now() - begun;
    if (took > LONG_MILLISECONDS) {
      this.#said = true;
      console.warn(
        `lstm-wasm: a training step took ${Math.round(took)} ms, while this page could neither paint nor take input: ` +
          'trainInWorker(trainer, batches) of lstm-wasm/worker trains to the same bits beside the page',
      );
    }
    return result;
  }
}
