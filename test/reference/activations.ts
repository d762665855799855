import { sigmoid } from './cells.js';

export type ActivationName =
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'hardSigmoid'
  | 'affine'
  | 'leakyRelu'
  | 'thresholdedRelu'
  | 'scaledTanh'
  | 'elu'
  | 'softsign'
  | 'softplus';

export type ActivationSpec = ActivationName | { name: ActivationName; alpha?: number; beta?: number };

export interface Activation {
  value(x: number): number;
  /** Where the derivative, or the value, jumps. */
  kinks: readonly number[];
}

type Make = (alpha: number, beta: number) => Activation;

const smooth = (value: (x: number) => number): Activation => ({ value, kinks: [] });

/** With the defaults of alpha and beta that ONNX gives. */
const ACTIVATIONS: Record<ActivationName, { alpha?: number; beta?: number; make: Make }> = {
  tanh: { make: () => smooth(Math.tanh) },
  sigmoid: { make: () => smooth(sigmoid) },
  relu: { make: () => ({ value: (x) => Math.max(x, 0), kinks: [0] }) },
  hardSigmoid: {
    alpha: 0.2,
    beta: 0.5,
    make: (alpha, beta) => ({
      value: (x) => Math.min(Math.max(alpha * x + beta, 0), 1),
      kinks: [-beta / alpha, (1 - beta) / alpha],
    }),
  },
  affine: { alpha: 1, beta: 0, make: (alpha, beta) => smooth((x) => alpha * x + beta) },
  leakyRelu: { alpha: 0.01, make: (alpha) => ({ value: (x) => (x >= 0 ? x : alpha * x), kinks: [0] }) },
  thresholdedRelu: { alpha: 1, make: (alpha) => ({ value: (x) => (x > alpha ? x : 0), kinks: [alpha] }) },
  scaledTanh: { alpha: 1, beta: 1, make: (alpha, beta) => smooth((x) => alpha * Math.tanh(beta * x)) },
  elu: { alpha: 1, make: (alpha) => ({ value: (x) => (x >= 0 ? x : alpha * Math.expm1(x)), kinks: [0] }) },
  softsign: { make: () => smooth((x) => x / (1 + Math.abs(x))) },
  softplus: { make: () => smooth((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))) },
};

export function activation(spec: ActivationSpec): Activation {
  const given = typeof spec === 'string' ? { name: spec } : spec;
  const { make, alpha = 0, beta = 0 } = ACTIVATIONS[given.name];
  return make(given.alpha ?? alpha, given.beta ?? beta);
}
