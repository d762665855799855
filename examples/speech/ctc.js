/*
 * Connectionist temporal classification (Graves, Fernández, Gomez, Schmidhuber 2006): the probability of a text over all alignments
 * of its characters with the steps, one class per step. A path has blanks where it writes nothing; repetitions count as one character,
 * so two equal characters need a blank between them.
 */

/** The class that writes nothing. */
export const BLANK = 0;

/** Padding of shorter targets. */
export const PADDING = -100;

/**
 * The loss: −ln p(target | output), summed over the batch and divided by the number of characters.
 *
 * @param output logits [batch, steps, classes], of any scale
 * @param target ids [batch, longest] from 1 up, PADDING after the end of each
 * @param options `mask`: [batch, steps], 1 for the steps of each sequence, 0 after its end; without it all steps count
 * @returns the loss, and its gradient with respect to the logits, 0 after each end
 * @throws RangeError where a target does not fit into its steps, or is of a class that the output does not have
 */
export function ctcLoss({ data, shape }, target, { mask } = {}) {
  const [batch, steps, classes] = shape;
  const grad = new Float32Array(data.length);
  let [loss, characters] = [0, 0];
  for (let row = 0; row < batch; row++) {
    const ids = targetOf(target, row);
    const from = row * steps;
    const length = mask ? sum(mask.subarray(from, from + steps)) : steps;
    checkTarget(ids, { row, length, classes });
    if (length === 0) continue;
    const logits = data.subarray(from * classes, (from + length) * classes);
    const result = alignments(logSoftmax(logits, classes), ids, classes);
    loss -= result.logLikelihood;
    characters += ids.length;
    grad.set(result.gradient, from * classes);
  }
  const divisor = Math.max(1, characters);
  return { loss: loss / divisor, grad: { data: grad.map((value) => value / divisor), shape }, divisor };
}

function targetOf({ data, shape: [, longest] }, row) {
  return data.subarray(row * longest, (row + 1) * longest).filter((id) => id !== PADDING);
}

function checkTarget(ids, { row, length, classes }) {
  const wrong = ids.find((id) => id === BLANK || id < 0 || id >= classes);
  if (wrong !== undefined)
    throw new RangeError(`target expected classes from 1 to ${classes - 1}, got ${wrong} in row ${row}`);
  const needed = ids.length + ids.filter((id, n) => n > 0 && id === ids[n - 1]).length;
  if (needed > length) {
    throw new RangeError(
      `target expected what fits into its steps, a blank between equal characters, got ${ids.length} characters that need ${needed} steps in row ${row}, which has ${length}`,
    );
  }
}

/**
 * Forward and backward over the states blank, 1st, blank, 2nd, …, blank: α is the log-probability of all paths up to a step and
 * a state, β of all paths from there on.
 *
 * @param logProbabilities [steps, classes], steps from 1 up, in doubles
 * @returns ln p(ids), and the gradient of −ln p with respect to logits: the softmax less the posterior of each class over all paths
 */
function alignments(logProbabilities, ids, classes) {
  const steps = logProbabilities.length / classes;
  const labels = Int32Array.from({ length: 2 * ids.length + 1 }, (_, s) => (s % 2 ? ids[s >> 1] : BLANK));
  const states = labels.length;
  const at = (t, s) => logProbabilities[t * classes + labels[s]];
  // The blank between two characters may be left out where they differ.
  const leaps = (s) => s > 1 && labels[s] !== BLANK && labels[s] !== labels[s - 2];
  const alpha = forward(at, leaps, steps, states);
  const beta = backward(at, leaps, steps, states);
  const last = steps * states - 1;
  const logLikelihood = logAdd(alpha[last], states > 1 ? alpha[last - 1] : -Infinity);
  const gradient = logProbabilities.map(Math.exp);
  for (let t = 0; t < steps; t++) {
    for (let s = 0; s < states; s++)
      gradient[t * classes + labels[s]] -= Math.exp(
        alpha[t * states + s] + beta[t * states + s] - logLikelihood,
      );
  }
  return { logLikelihood, gradient };
}

/** Including step t. */
function forward(at, leaps, steps, states) {
  const alpha = new Float64Array(steps * states).fill(-Infinity);
  for (let s = 0; s < Math.min(2, states); s++) alpha[s] = at(0, s);
  for (let t = 1; t < steps; t++) {
    const before = (t - 1) * states;
    for (let s = 0; s < states; s++) {
      let ways = alpha[before + s];
      if (s > 0) ways = logAdd(ways, alpha[before + s - 1]);
      if (leaps(s)) ways = logAdd(ways, alpha[before + s - 2]);
      alpha[t * states + s] = ways + at(t, s);
    }
  }
  return alpha;
}

/** Excluding step t. */
function backward(at, leaps, steps, states) {
  const beta = new Float64Array(steps * states).fill(-Infinity);
  for (let s = Math.max(0, states - 2); s < states; s++) beta[(steps - 1) * states + s] = 0;
  for (let t = steps - 2; t >= 0; t--) {
    const next = (s) => beta[(t + 1) * states + s] + at(t + 1, s);
    for (let s = 0; s < states; s++) {
      let ways = next(s);
      if (s + 1 < states) ways = logAdd(ways, next(s + 1));
      if (s + 2 < states && leaps(s + 2)) ways = logAdd(ways, next(s + 2));
      beta[t * states + s] = ways;
    }
  }
  return beta;
}

/** ln(e^a + e^b), of which each may be −∞. */
export function logAdd(a, b) {
  const [more, less] = a > b ? [a, b] : [b, a];
  return less === -Infinity ? more : more + Math.log1p(Math.exp(less - more));
}

/** In doubles. */
export function logSoftmax(logits, classes) {
  const out = Float64Array.from(logits);
  for (let from = 0; from < out.length; from += classes) {
    const row = out.subarray(from, from + classes);
    const most = row.reduce((a, b) => Math.max(a, b));
    const total = most + Math.log(row.reduce((all, x) => all + Math.exp(x - most), 0));
    for (let n = 0; n < classes; n++) row[n] -= total;
  }
  return out;
}

function sum(values) {
  return values.reduce((all, value) => all + value, 0);
}
