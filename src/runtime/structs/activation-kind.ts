// Generated from ActivationKind in assembly/kernels/activation.ts: npm run build

export const TANH = 0;
export const SIGMOID = 1;
export const RELU = 2;
export const EXPONENTIAL = 3;
export const HARD_SIGMOID = 4;
export const AFFINE = 5;
export const LEAKY_RELU = 6;
export const THRESHOLDED_RELU = 7;
export const SCALED_TANH = 8;
export const ELU = 9;
export const SOFTSIGN = 10;
export const SOFTPLUS = 11;
