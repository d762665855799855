import cliProgress from 'cli-progress';
import { clock, count } from './wording.js';

const INTERVAL = 5000;

/**
 * How training gets on: a bar in a terminal, a line every 5 s elsewhere. Both tell the step, bits per character (mean of
 * about the last 50 steps), characters per second and the time left.
 */
export class ProgressDisplay {
  #bar;
  #began = performance.now();
  #told = performance.now();
  #steps = 0;
  #mean = 0;
  #state = { done: 0, text: {} };

  constructor(stream = process.stdout) {
    if (!stream.isTTY) return;
    const format = '{bar} step {step} | {bits} bits/char | {speed} chars/s | {left} left';
    const look = { format, barsize: 20, barCompleteChar: '\u2588', barIncompleteChar: '\u2591' };
    // Ctrl-C is answered elsewhere: the bar would only end itself.
    const behaviour = { stream, hideCursor: true, clearOnComplete: true, gracefulExit: false };
    this.#bar = new cliProgress.SingleBar({ ...look, ...behaviour });
    process.once('exit', () => this.#bar.stop());
    this.#show();
  }

  /** @param done - the share of training that is done; `characters` how many a step reads */
  update({ step, loss, done, characters, secondsLeft }) {
    this.#steps++;
    this.#mean += (loss / Math.LN2 - this.#mean) / Math.min(this.#steps, 50);
    const speed = (this.#steps * characters * 1000) / (performance.now() - this.#began);
    const text = {
      step: count(step),
      bits: this.#mean.toFixed(3),
      speed: count(speed),
      left: clock(secondsLeft),
    };
    this.#state = { done, text };
    if (this.#bar) this.#bar.update(done, text);
    else this.#tellNowAndThen(text);
  }

  /** Prints a line of other matter above the bar. */
  line(text) {
    this.#bar?.stop();
    console.log(text);
    this.#show();
  }

  stop() {
    this.#bar?.stop();
  }

  #show() {
    this.#bar?.start(1, this.#state.done, { step: 0, bits: '-', speed: '-', left: '-', ...this.#state.text });
  }

  #tellNowAndThen({ step, bits, speed, left }) {
    if (performance.now() - this.#told < INTERVAL) return;
    this.#told = performance.now();
    console.log(`step ${step}  ${bits} bits/char  ${speed} chars/s  ${left} left`);
  }
}
