/**
 * PyTorch's optimizers. Each factory makes the rule for one parameter, with its state; the rule changes `value` in
 * place and leaves `grad` alone.
 */
export type Update = (value: Float64Array, grad: Float64Array) => void;

interface Common {
  lr: number;
  weightDecay?: number;
}

export interface SgdOptions extends Common {
  momentum?: number;
  dampening?: number;
  nesterov?: boolean;
}

/** The momentum buffer starts as the first gradient, without dampening. */
export function sgd(options: SgdOptions): Update {
  const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  let velocity: Float64Array | undefined;
  return (value, grad) => {
    const g = grad.map((d, at) => d + weightDecay * value[at]);
    velocity = velocity ? velocity.map((v, at) => momentum * v + (1 - dampening) * g[at]) : g.slice();
    for (let at = 0; at < value.length; at++) {
      const v = velocity[at];
      const direction = momentum === 0 ? g[at] : nesterov ? g[at] + momentum * v : v;
      value[at] -= lr * direction;
    }
  };
}

export interface RmspropOptions extends Common {
  alpha?: number;
  eps?: number;
  momentum?: number;
  centered?: boolean;
}

/** eps is added after the root; the momentum buffer holds steps without the learning rate. */
export function rmsprop(options: RmspropOptions): Update {
  const { lr, alpha = 0.99, eps = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options;
  let square: Float64Array | undefined;
  let mean: Float64Array | undefined;
  let velocity: Float64Array | undefined;
  return (value, grad) => {
    square ??= new Float64Array(value.length);
    mean ??= new Float64Array(value.length);
    velocity ??= new Float64Array(value.length);
    for (let at = 0; at < value.length; at++) {
      const g = grad[at] + weightDecay * value[at];
      square[at] = alpha * square[at] + (1 - alpha) * g * g;
      mean[at] = alpha * mean[at] + (1 - alpha) * g;
      const variance = centered ? square[at] - mean[at] ** 2 : square[at];
      velocity[at] = momentum * velocity[at] + g / (Math.sqrt(variance) + eps);
      value[at] -= lr * velocity[at];
    }
  };
}

export interface AdamOptions extends Common {
  betas?: readonly [number, number];
  eps?: number;
}

/** Weight decay is added to the gradient. */
export function adam({ weightDecay = 0, ...options }: AdamOptions): Update {
  const step = adamStep(options);
  return (value, grad) =>
    step(
      value,
      grad.map((d, at) => d + weightDecay * value[at]),
    );
}

/** Weight decay shrinks the value beside the step, and never enters the moments. */
export function adamW({ weightDecay = 0.01, ...options }: AdamOptions): Update {
  const step = adamStep(options);
  return (value, grad) => {
    for (let at = 0; at < value.length; at++) value[at] *= 1 - options.lr * weightDecay;
    step(value, grad);
  };
}

function adamStep({ lr, betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8 }: AdamOptions): Update {
  let first: Float64Array | undefined;
  let second: Float64Array | undefined;
  let n = 0;
  return (value, grad) => {
    first ??= new Float64Array(value.length);
    second ??= new Float64Array(value.length);
    n++;
    for (let at = 0; at < value.length; at++) {
      const g = grad[at];
      first[at] = beta1 * first[at] + (1 - beta1) * g;
      second[at] = beta2 * second[at] + (1 - beta2) * g * g;
      const m = first[at] / (1 - beta1 ** n);
      const v = second[at] / (1 - beta2 ** n);
      value[at] -= (lr * m) / (Math.sqrt(v) + eps);
    }
  };
}

/** torch.nn.utils.clip_grad_norm_: scales the gradients in place and returns the norm that they had. */
export function clipGradNorm(grads: Float64Array[], maxNorm: number): number {
  const norm = Math.sqrt(grads.reduce((sum, grad) => sum + grad.reduce((part, d) => part + d * d, 0), 0));
  const scale = Math.min(1, maxNorm / (norm + 1e-6));
  for (const grad of grads) for (let at = 0; at < grad.length; at++) grad[at] *= scale;
  return norm;
}
