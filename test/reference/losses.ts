import { sigmoid } from './cells.js';

export type Reduction = 'mean' | 'sum';

export interface LossResult {
  loss: number;
  /** The gradient in `output`, of its size. */
  grad: Float64Array;
}

export interface CrossEntropyArguments {
  /** Logits [rows, classes]. */
  output: Float64Array;
  rows: number;
  classes: number;
  targets: ArrayLike<number>;
  /** [classes] */
  weight?: Float64Array | undefined;
  ignoreIndex?: number | undefined;
  labelSmoothing?: number | undefined;
  reduction?: Reduction | undefined;
}

/**
 * torch.nn.functional.cross_entropy for class indices. With w the class weights, ε the smoothing, y the target:
 *
 *   loss of a row = (1 - ε) · w_y · (-log p_y) + ε / C · Σ_c w_c · (-log p_c)
 *
 * and the mean divides the rows' sum by Σ w_y over the rows that are not ignored.
 */
export function crossEntropy(args: CrossEntropyArguments): LossResult {
  const {
    output,
    rows,
    classes,
    targets,
    weight,
    ignoreIndex = -100,
    labelSmoothing = 0,
    reduction = 'mean',
  } = args;
  const w = (c: number) => weight?.[c] ?? 1;
  const grad = new Float64Array(rows * classes);
  let loss = 0;
  let weightSum = 0;
  for (let r = 0; r < rows; r++) {
    const y = targets[r];
    if (y === ignoreIndex) continue;
    const logP = logSoftmax(output.subarray(r * classes, (r + 1) * classes));
    const share = (c: number) => w(c) * ((c === y ? 1 - labelSmoothing : 0) + labelSmoothing / classes);
    let shares = 0;
    for (let c = 0; c < classes; c++) {
      loss -= share(c) * logP[c];
      shares += share(c);
    }
    for (let c = 0; c < classes; c++) grad[r * classes + c] = shares * Math.exp(logP[c]) - share(c);
    weightSum += w(y);
  }
  return reduce(loss, grad, reduction === 'mean' ? weightSum : 1);
}

/** log softmax of one row, around its largest logit so that nothing overflows */
export function logSoftmax(row: Float64Array): Float64Array {
  const max = Math.max(...row);
  const logSum = Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
  return row.map((x) => x - max - logSum);
}

export interface MseArguments {
  output: Float64Array;
  target: Float64Array;
  reduction?: Reduction | undefined;
}

/** (output - target)², averaged over every element */
export function mse({ output, target, reduction = 'mean' }: MseArguments): LossResult {
  const difference = output.map((x, at) => x - target[at]);
  const loss = difference.reduce((sum, d) => sum + d * d, 0);
  return reduce(
    loss,
    difference.map((d) => 2 * d),
    reduction === 'mean' ? output.length : 1,
  );
}

export interface BinaryCrossEntropyArguments {
  /** Logits. */
  output: Float64Array;
  /** Probabilities, of the output's size. */
  target: Float64Array;
  /** Of the output's size. */
  weight?: Float64Array | undefined;
  reduction?: Reduction | undefined;
}

/**
 * torch.nn.functional.binary_cross_entropy_with_logits. With p = σ(output), y the target, w = weight:
 *
 *   loss of an element = -w · (y · log p + (1 - y) · log(1 - p))
 *
 * and the mean divides by the number of elements, whatever the weights.
 */
export function binaryCrossEntropy(args: BinaryCrossEntropyArguments): LossResult {
  const { output, target, weight, reduction = 'mean' } = args;
  const grad = new Float64Array(output.length);
  let loss = 0;
  output.forEach((x, at) => {
    const y = target[at];
    const w = weight?.[at] ?? 1;
    loss -= w * (y * logSigmoid(x) + (1 - y) * logSigmoid(-x));
    grad[at] = w * ((1 - y) * sigmoid(x) - y * sigmoid(-x));
  });
  return reduce(loss, grad, reduction === 'mean' ? output.length : 1);
}

/** log σ(x) without overflow or cancellation on either side; 1 - σ(x) is σ(-x). */
const logSigmoid = (x: number) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

function reduce(loss: number, grad: Float64Array, divisor: number): LossResult {
  return { loss: loss / divisor, grad: grad.map((d) => d / divisor) };
}
