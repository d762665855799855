/** More points than this cannot be distinguished in a figure. */
export const MOST = 160;

/** A measurement of each step, stored as means over several steps. A long training takes no more memory than a short one. */
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

  /** [step, mean]: the middle step of each mean. */
  get points() {
    const { means, every } = this.#state;
    return means.map((mean, n) => [(n + 0.5) * every, mean]);
  }

  toJSON() {
    return this.#state;
  }
}
