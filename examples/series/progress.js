import { ProgressDisplay } from '../progress.js';
import { mean } from '../report.js';

/**
 * Training progress by epoch. The bar shows how much patience is used up, since it is not known beforehand when validation
 * stops the training.
 */
export class EpochDisplay {
  #display = new ProgressDisplay(
    'epoch {epoch} | loss {loss} | validation {now}, best {best} in epoch {bestEpoch}',
    {
      interval: 2000,
    },
  );
  #bestEpoch = 0;
  #patience;

  constructor(patience) {
    this.#patience = patience;
  }

  update({ epoch, losses, validation, best }) {
    if (best?.step === validation.step) this.#bestEpoch = epoch;
    this.#display.update(Math.min(1, (epoch - this.#bestEpoch) / this.#patience), {
      epoch,
      loss: mean(losses).toFixed(4),
      now: validation.loss.toFixed(4),
      best: (best?.value ?? validation.loss).toFixed(4),
      bestEpoch: this.#bestEpoch,
    });
  }

  stop() {
    this.#display.stop();
  }
}
