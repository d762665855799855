/** The learning rate does not fall below this fraction of the first one. */
const LOWEST = 0.05;

/**
 * When training ends, and the learning rate until then: it falls evenly to nearly zero at the end, which gains most in a short run. An
 * interrupted run continues where it was. By the clock (`unit: 'seconds'`) a fast machine makes more steps; by steps the
 * result does not depend on the machine.
 */
export class Plan {
  #began = performance.now();
  #first;
  #unit;
  #before;
  #budget;
  #lr;
  #trainer;

  constructor({ unit, spent, budget, lr }, trainer) {
    this.#first = trainer.step;
    this.#unit = unit;
    this.#before = spent;
    this.#budget = budget;
    this.#lr = lr;
    this.#trainer = trainer;
  }

  /** The fraction that is done; training ends at 1. */
  get done() {
    return Math.min(1, this.spent / this.#budget);
  }

  get rate() {
    return this.#lr * Math.max(LOWEST, 1 - this.done);
  }

  /** For the file: how far an interrupted run had come, in the plan's unit. */
  get spent() {
    return this.#before + this.#made;
  }

  get secondsLeft() {
    const left = this.#budget - this.spent;
    return this.#unit === 'seconds' ? left : (this.#seconds * left) / this.#made;
  }

  get #made() {
    return this.#unit === 'seconds' ? this.#seconds : this.#trainer.step - this.#first;
  }

  get #seconds() {
    return (performance.now() - this.#began) / 1000;
  }
}
