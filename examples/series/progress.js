import cliProgress from 'cli-progress';

const INTERVAL = 2000;

/**
 * How training gets on, epoch by epoch: a line in a terminal that stays, one every 2 s elsewhere. The bar is how much patience is
 * used up, since nobody knows beforehand when validation stops the training.
 */
export class ProgressDisplay {
  #bar;
  #told = Number.NEGATIVE_INFINITY;
  #bestEpoch = 0;
  #patience;

  constructor(patience, stream = process.stdout) {
    this.#patience = patience;
    if (!stream.isTTY) return;
    const format = '{bar} epoch {epoch} | loss {loss} | validation {now}, best {best} in epoch {bestEpoch}';
    const look = { format, barsize: 15, barCompleteChar: '\u2588', barIncompleteChar: '\u2591' };
    this.#bar = new cliProgress.SingleBar({ ...look, stream, hideCursor: true, clearOnComplete: true });
    this.#bar.start(patience, 0, { epoch: 0, loss: '-', now: '-', best: '-', bestEpoch: '-' });
  }

  update({ epoch, losses, validation, best }) {
    if (best?.step === validation.step) this.#bestEpoch = epoch;
    const text = {
      epoch,
      loss: (losses.reduce((sum, loss) => sum + loss, 0) / losses.length).toFixed(4),
      now: validation.loss.toFixed(4),
      best: (best?.value ?? validation.loss).toFixed(4),
      bestEpoch: this.#bestEpoch,
    };
    if (this.#bar) this.#bar.update(Math.min(this.#patience, epoch - this.#bestEpoch), text);
    else this.#tellNowAndThen(text);
  }

  stop() {
    this.#bar?.stop();
  }

  #tellNowAndThen({ epoch, loss, now, best, bestEpoch }) {
    if (performance.now() - this.#told < INTERVAL) return;
    this.#told = performance.now();
    console.log(`epoch ${epoch}  loss ${loss}  validation ${now}, best ${best} in epoch ${bestEpoch}`);
  }
}
