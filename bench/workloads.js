// What is timed. Sizes are T B I H as in the package; C is the width of the dense head.

const WIDTHS = [64, 128, 256, 512];

const step = (H) => ({ name: `step-${H}`, kind: 'step', title: `one step, H=${H}`, T: 1, B: 1, I: 64, H });
const sequence = (B, H) => ({
  name: `sequence${B}-${H}`,
  kind: 'sequence',
  title: `T=100, batch ${B}, H=${H}`,
  ...{ T: 100, B, I: 64, H },
});
const train = (B, H) => ({
  name: `train${B}-${H}`,
  kind: 'train',
  title: `train T=64, batch ${B}, H=${H}`,
  ...{ T: 64, B, I: 64, H, C: 64, loss: 'crossEntropy' },
});
const product = (part, title) => ({
  name: `product-${part}`,
  kind: 'product',
  title,
  ...{ part, M: 3200, K: 256, N: 1024 },
});

export const WORKLOADS = [
  ...WIDTHS.map(step),
  ...WIDTHS.map((H) => sequence(1, H)),
  ...[128, 256].map((H) => sequence(32, H)),
  ...[128, 256].map((H) => train(32, H)),
  train(1, 128),
  {
    name: 'train-small',
    kind: 'train',
    title: 'train T=32, batch 16, I=1, H=32',
    ...{ T: 32, B: 16, I: 1, H: 32, C: 1, loss: 'mse' },
  },
  product('forward', 'product Y = X Wᵀ + b'),
  product('input', 'product dX = dY W'),
  product('weight', 'product dW = dYᵀ X'),
];

/** Multiplications and additions of the matrix products; gates, losses and optimizers are not counted. */
export function flops({ kind, T, B, I, H, C, M, K, N }) {
  if (kind === 'product') return 2 * M * K * N;
  const cell = 8 * H * (I + H);
  if (kind !== 'train') return T * B * cell;
  // Backward: the gradient of the weights costs the forward product again, that of h the recurrent part of it; dx is not needed.
  const head = 2 * H * C;
  return T * B * (2 * cell + 8 * H * H + 3 * head);
}

/** What one step at batch 1 has to read. */
export const weightBytes = ({ I, H }) => 4 * (4 * H * (I + H) + 4 * H);
