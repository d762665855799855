import cliProgress from 'cli-progress';
import { SEATS } from './committee.js';

/** How training gets on: in a terminal a bar, with the network that learns, elsewhere the lines alone. */
export class ProgressDisplay {
  #bar;
  #at;

  constructor(stream = process.stdout) {
    if (!stream.isTTY) return;
    const format =
      'split {seed} of {splits}, network {network} {bar} epoch {epoch} | loss {loss} | {speed} sentences/s';
    const look = { format, barsize: 20, barCompleteChar: '\u2588', barIncompleteChar: '\u2591' };
    this.#bar = new cliProgress.SingleBar({ ...look, stream, hideCursor: true, clearOnComplete: true });
  }

  /** @param {{ seed: number, splits: number, n: number, progress: object }} step of network `n` of a split */
  update({ seed, splits, n, progress }) {
    if (!this.#bar) return;
    const { epoch, loss, samplesPerSecond } = progress;
    const text = {
      seed,
      splits,
      network: n + 1,
      epoch,
      loss: loss.toFixed(3),
      speed: Math.round(samplesPerSecond),
    };
    const done = ((seed - 1) * SEATS + n) / (splits * SEATS);
    if (this.#at === undefined) this.#bar.start(1, done, text);
    this.#at = { done, text };
    this.#bar.update(done, text);
  }

  /** Prints a line of other matter above the bar. */
  line(text) {
    this.stop();
    console.log(text);
  }

  stop() {
    if (this.#at) this.#bar.stop();
    this.#at = undefined;
  }
}
