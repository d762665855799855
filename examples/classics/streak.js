/** The papers' criterion: this many training sequences in a row answered correctly before the update. */
export const ENOUGH = 2000;
/** Batches that the mean error is over, about. */
const MEMORY = 50;

/**
 * The criterion of the papers' experiments 4 and 6: the latest 2,000 training sequences are all answered correctly, and the mean error is
 * below a bound.
 */
export class Streak {
  #rightInARow = 0;
  #error;
  #bound;

  /** @param {number} bound of the mean error */
  constructor(bound) {
    this.#bound = bound;
  }

  /** @param {{ right: boolean, error: number }[]} answers to a batch, from the weights before its update */
  see(answers) {
    const error = answers.reduce((sum, answer) => sum + answer.error, 0) / answers.length;
    this.#error = this.#error === undefined ? error : this.#error + (error - this.#error) / MEMORY;
    for (const { right } of answers) this.#rightInARow = right ? this.#rightInARow + 1 : 0;
  }

  judge = () => {
    const solved = this.#rightInARow >= ENOUGH && this.#error < this.#bound;
    return { value: this.#error, solved };
  };
}

/**
 * The number of wrong answers on a test set, computed in slices to save memory.
 *
 * @param {(output: Tensor, target: object) => { right: boolean }[]} answersOf
 */
export function wrongOnes(model, { fresh, count, slice, answersOf }) {
  let wrong = 0;
  for (let from = 0; from < count; from += slice) {
    const { input, target, lengths } = fresh(Math.min(slice, count - from));
    const { output } = model.forward(input, { lengths });
    wrong += answersOf(output, target).filter(({ right }) => !right).length;
  }
  return wrong;
}
