import type { Attributes, Operator } from './format.js';

/** Of each function of ONNX: our name, the values that it takes from the lists, what they are if the lists end, and itself. */
const FUNCTIONS: Record<string, { name: string; takes: string; alpha: number; beta: number; f: Evaluate }> = {
  Relu: entry('relu', '', 0, 0, (x) => Math.max(0, x)),
  Tanh: entry('tanh', '', 0, 0, Math.tanh),
  Sigmoid: entry('sigmoid', '', 0, 0, (x) => 1 / (1 + Math.exp(-x))),
  Affine: entry('affine', 'ab', 1, 0, (x, a, b) => a * x + b),
  LeakyRelu: entry('leakyRelu', 'a', 0.01, 0, (x, a) => (x >= 0 ? x : a * x)),
  ThresholdedRelu: entry('thresholdedRelu', 'a', 1, 0, (x, a) => (x > a ? x : 0)),
  ScaledTanh: entry('scaledTanh', 'ab', 1, 1, (x, a, b) => a * Math.tanh(b * x)),
  HardSigmoid: entry('hardSigmoid', 'ab', 0.2, 0.5, (x, a, b) => Math.min(1, Math.max(0, a * x + b))),
  Elu: entry('elu', 'a', 1, 0, (x, a) => (x >= 0 ? x : a * Math.expm1(x))),
  Softsign: entry('softsign', '', 0, 0, (x) => x / (1 + Math.abs(x))),
  Softplus: entry('softplus', '', 0, 0, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
};

type Evaluate = (x: number, alpha: number, beta: number) => number;

function entry(name: string, takes: string, alpha: number, beta: number, f: Evaluate) {
  return { name, takes, alpha, beta, f };
}

export const FUNCTION_NAMES = Object.keys(FUNCTIONS);

/** Which of `activation_alpha` and `activation_beta` a function takes values from. */
export function takes(name: string): { alpha: boolean; beta: boolean } {
  const letters = functionOf(name).takes;
  return { alpha: letters.includes('a'), beta: letters.includes('b') };
}

function functionOf(name: string) {
  const found = FUNCTIONS[name];
  if (found === undefined) throw new Error(`no activation ${name}`);
  return found;
}

const DEFAULTS: Record<Operator, string[]> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  RNN: ['Tanh'],
};

export interface BoundActivation {
  name: string;
  alpha?: number;
  beta?: number;
}

/**
 * For each direction its activations, with what they take from the lists: the next value each, in the order of the functions;
 * nothing once a list has ended. Undefined where the node has none.
 */
export function boundActivations(operator: Operator, attributes: Attributes, directions: number) {
  const { activations, activation_alpha = [], activation_beta = [] } = attributes;
  if (activations === undefined) return undefined;
  const [alphas, betas] = [[...activation_alpha], [...activation_beta]];
  const bound = activations.map((name): BoundActivation => {
    const { alpha: first, beta: second } = takes(name);
    const alpha = first ? alphas.shift() : undefined;
    const beta = second ? betas.shift() : undefined;
    return { name, ...(alpha !== undefined && { alpha }), ...(beta !== undefined && { beta }) };
  });
  const each = DEFAULTS[operator].length;
  return Array.from({ length: directions }, (_, d) => bound.slice(d * each, (d + 1) * each));
}

/** As the layers of this package take them. */
export function ourActivation({ name, ...values }: BoundActivation) {
  return Object.keys(values).length === 0
    ? functionOf(name).name
    : { name: functionOf(name).name, ...values };
}

/** In float64, for each direction. */
export function evaluators(
  operator: Operator,
  attributes: Attributes,
  directions: number,
): ((x: number) => number)[][] {
  const bound =
    boundActivations(operator, attributes, directions) ??
    Array.from({ length: directions }, () => DEFAULTS[operator].map((name): BoundActivation => ({ name })));
  return bound.map((list) => list.map(evaluator));
}

export function evaluator({ name, alpha, beta }: BoundActivation): (x: number) => number {
  const { f, alpha: a, beta: b } = functionOf(name);
  return (x) => f(x, alpha ?? a, beta ?? b);
}
