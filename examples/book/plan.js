/** Below this share of the first learning rate it does not fall. */
const LOWEST = 0.05;

/**
 * When training ends, and the learning rate until then. By the clock the rate falls evenly to nearly zero at the end, which
 * gains most in a short run; what is left of an interrupted run goes on where it was. By steps it stays, so that a step
 * depends on nothing but the steps before it.
 */
export function planTraining({ steps, seconds }, settings, trainer) {
  return steps === undefined ? new TimePlan(seconds, settings) : new StepPlan(steps, settings, trainer);
}

class TimePlan {
  #began = performance.now();
  #seconds;
  #before;
  #lr;

  constructor(seconds, { lr, spent, budget }) {
    const goesOn = seconds === undefined;
    this.#seconds = goesOn ? budget : seconds;
    this.#before = goesOn ? spent : 0;
    this.#lr = lr;
  }

  get #spent() {
    return this.#before + (performance.now() - this.#began) / 1000;
  }

  /** The share that is done; training ends at 1. */
  get done() {
    return Math.min(1, this.#spent / this.#seconds);
  }

  get rate() {
    return this.#lr * Math.max(LOWEST, 1 - this.done);
  }

  get secondsLeft() {
    return this.#seconds - this.#spent;
  }

  /** For the file: how far an interrupted run had come, in seconds. */
  get record() {
    return { spent: this.#spent, budget: this.#seconds };
  }

  /** The flags that go on with the rest. */
  get flags() {
    return '';
  }
}

class StepPlan {
  #began = performance.now();
  #steps;
  #first;
  #lr;
  #trainer;

  constructor(steps, { lr }, trainer) {
    this.#steps = steps;
    this.#first = trainer.step;
    this.#lr = lr;
    this.#trainer = trainer;
  }

  get #made() {
    return this.#trainer.step - this.#first;
  }

  get done() {
    return this.#made / this.#steps;
  }

  get rate() {
    return this.#lr;
  }

  get secondsLeft() {
    return (((performance.now() - this.#began) / 1000) * (this.#steps - this.#made)) / this.#made;
  }

  get record() {
    return { spent: 0, budget: 0 };
  }

  get flags() {
    return this.done < 1 ? ` --steps ${this.#steps - this.#made}` : '';
  }
}
