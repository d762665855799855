import cliProgress from 'cli-progress';

/**
 * Progress of long-running work: a bar in a terminal, otherwise a line at intervals.
 *
 * ```js
 * const display = new ProgressDisplay('epoch {epoch} | loss {loss}');
 * display.update(0.25, { epoch: 5, loss: '0.123' });
 * display.line('A line above the bar.');
 * display.stop();
 * ```
 */
export class ProgressDisplay {
  #bar;
  #format;
  #interval;
  #shown;
  #lastUpdate = Number.NEGATIVE_INFINITY;

  /**
   * @param {string} format text after the bar or in a line, with names in braces
   * @param {{ interval?: number, lines?: boolean, stream?: NodeJS.WriteStream }} [options] `interval`: ms between lines, 5,000 by default;
   *   `lines`: false to print only the lines given to `line`
   */
  constructor(format, { interval = 5000, lines = true, stream = process.stdout } = {}) {
    this.#format = format;
    this.#interval = lines ? interval : undefined;
    if (!stream.isTTY) return;
    const look = {
      format: `{bar} ${format}`,
      barsize: 20,
      barCompleteChar: '\u2588',
      barIncompleteChar: '\u2591',
    };
    // The cursor stays visible: after Ctrl-C nothing would restore it.
    const behaviour = { stream, hideCursor: false, clearOnComplete: true, gracefulExit: false };
    this.#bar = new cliProgress.SingleBar({ ...look, ...behaviour });
  }

  /** @param {number} done the fraction of the work that is done, 0 to 1. @param {Record<string, string | number>} values by the format's names */
  update(done, values) {
    if (!this.#bar) return this.#tell(values);
    if (this.#shown === undefined) this.#bar.start(1, done, values);
    else this.#bar.update(done, values);
    this.#shown = { done, values };
  }

  /** Prints a line above the bar. */
  line(text) {
    this.stop();
    console.log(text);
  }

  /** Removes the bar; the next update draws it again. */
  stop() {
    if (this.#shown) this.#bar.stop();
    this.#shown = undefined;
  }

  #tell(values) {
    if (this.#interval === undefined) return;
    const now = performance.now();
    if (now - this.#lastUpdate < this.#interval) return;
    this.#lastUpdate = now;
    console.log(this.#format.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]));
  }
}
