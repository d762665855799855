import cliProgress from 'cli-progress';

/**
 * How a long piece of work gets on: a bar in a terminal, elsewhere a line now and then.
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
  #told = Number.NEGATIVE_INFINITY;

  /**
   * @param {string} format what stands behind the bar, or in a line, with names in braces
   * @param {{ interval?: number, lines?: boolean, stream?: NodeJS.WriteStream }} [options] `interval`: ms between lines, 5,000 by default;
   *   `lines`: false where no line is to be told but by `line`
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
    // Ctrl-C is the program's to answer, so the cursor stays: nobody would bring it back.
    const behaviour = { stream, hideCursor: false, clearOnComplete: true, gracefulExit: false };
    this.#bar = new cliProgress.SingleBar({ ...look, ...behaviour });
  }

  /** @param {number} done the share of the work that is done, 0 to 1. @param {Record<string, string | number>} values by the format's names */
  update(done, values) {
    if (!this.#bar) return this.#tell(values);
    if (this.#shown === undefined) this.#bar.start(1, done, values);
    else this.#bar.update(done, values);
    this.#shown = { done, values };
  }

  /** Prints a line of other matter above the bar. */
  line(text) {
    this.stop();
    console.log(text);
  }

  /** Takes the bar away; the next update brings it back. */
  stop() {
    if (this.#shown) this.#bar.stop();
    this.#shown = undefined;
  }

  #tell(values) {
    if (this.#interval === undefined) return;
    const now = performance.now();
    if (now - this.#told < this.#interval) return;
    this.#told = now;
    console.log(this.#format.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]));
  }
}
