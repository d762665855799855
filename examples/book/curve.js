/** More points than these can not be told apart in a picture. */
export const MOST = 160;

/** What was measured at each step, as means of so many steps each. It takes no more room for a long training than for a short one. */
export class Curve {
  #state;

  /** @param state - what {@link toJSON} gave */
  constructor(state = { every: 1, means: [], sum: 0, count: 0 }) {
    this.#state = structuredClone(state);
  }

  add(value) {
    const state = this.#state;
    state.sum += value;
    state.count++;
    if (state.count < state.every) return;
    state.means.push(state.sum / state.every);
    Object.assign(state, { sum: 0, count: 0 });
    if (state.means.length === MOST) this.#halve();
  }

  #halve() {
    const { means, every } = this.#state;
    this.#state.means = Array.from({ length: MOST / 2 }, (_, n) => (means[2 * n] + means[2 * n + 1]) / 2);
    this.#state.every = every * 2;
  }

  /** [step, mean]: the step in the middle of those that a mean is of. */
  get points() {
    const { means, every } = this.#state;
    return means.map((mean, n) => [(n + 0.5) * every, mean]);
  }

  toJSON() {
    return this.#state;
  }
}
