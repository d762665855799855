import type { Parameter } from '../layers/parameter.js';
import type { Core } from '../runtime/core.js';
import { checkBoolean, checkNotNegative, checkNumber, checkProbability } from '../validation/options.js';
import type { Group, Parameters } from './groups.js';
import { Optimizer, type Slot } from './optimizer.js';

export interface SGDOptions {
  /** Default 0.001. */
  lr: number;
  /** Default 0. */
  momentum: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Default false. */
  nesterov: boolean;
}

/**
 * Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013), as PyTorch's `SGD`.
 *
 * @example
 * ```ts
 * import { Linear, SGD } from 'lstm-wasm';
 * const layer = new Linear(2, 1);
 * layer.forward({ data: new Float32Array([1, 1]), shape: [2] }, { record: true });
 * layer.backward({ output: { data: new Float32Array([1]), shape: [1] } });
 * const before = layer.stateDict();
 * new SGD(layer, { lr: 0.5 }).step();
 * console.log((before.bias!.data[0]! - layer.stateDict().bias!.data[0]!).toFixed(3)); // 0.500
 * ```
 * @throws TypeError for anything but a model or parameters, for an unknown option, or for parameters of two runtimes; RangeError
 *   for a value out of range
 */
export class SGD extends Optimizer<SGDOptions> {
  override readonly type = 'SGD';

  constructor(target: Parameters | readonly Group<SGDOptions>[], options: Partial<SGDOptions> = {}) {
    super('SGD', target, options, { lr: 0.001, momentum: 0, weightDecay: 0, nesterov: false }, (all) => {
      checkNotNegative('momentum', all.momentum);
      checkNotNegative('weightDecay', all.weightDecay);
      if (checkBoolean('nesterov', all.nesterov) && all.momentum === 0)
        throw new RangeError('nesterov expected a momentum above 0, got 0');
    });
  }

  protected override arrays({ momentum }: SGDOptions): readonly string[] {
    return momentum > 0 ? ['velocity'] : [];
  }

  protected override numbers(): Record<string, number> {
    return { step: 0 };
  }

  protected override update(
    core: Core,
    parameter: Parameter,
    { numbers, pointers }: Slot,
    options: SGDOptions,
  ): void {
    const { lr, momentum, weightDecay, nesterov } = options;
    const first = numbers.step === 0 ? 1 : 0;
    const velocity = pointers.velocity ?? 0;
    core.sgdStep(
      parameter.pointer,
      parameter.gradient,
      velocity,
      parameter.size,
      lr,
      momentum,
      weightDecay,
      nesterov ? 1 : 0,
      first,
    );
    numbers.step = (numbers.step as number) + 1;
  }
}

export interface RMSpropOptions {
  /** Default 0.01. */
  lr: number;
  /** The decay of the running mean square. Default 0.99. */
  alpha: number;
  /** Default 1e-8. */
  eps: number;
  /** Default 0. */
  momentum: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Whether to normalize by the variance instead of the mean square. Default false. */
  centered: boolean;
}

/** RMSprop (Tieleman & Hinton 2012), as PyTorch's `RMSprop`. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  override readonly type = 'RMSprop';

  constructor(target: Parameters | readonly Group<RMSpropOptions>[], options: Partial<RMSpropOptions> = {}) {
    const defaults = { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0, weightDecay: 0, centered: false };
    super('RMSprop', target, options, defaults, (all) => {
      checkProbability('alpha', all.alpha);
      checkNotNegative('eps', all.eps);
      checkNotNegative('momentum', all.momentum);
      checkNotNegative('weightDecay', all.weightDecay);
      checkBoolean('centered', all.centered);
    });
  }

  protected override arrays({ momentum, centered }: RMSpropOptions): readonly string[] {
    return ['square', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['velocity'] : [])];
  }

  protected override numbers(): Record<string, number> {
    return { step: 0 };
  }

  protected override update(
    core: Core,
    parameter: Parameter,
    { numbers, pointers }: Slot,
    options: RMSpropOptions,
  ): void {
    const { lr, alpha, eps, momentum, weightDecay } = options;
    const { square = 0, mean = 0, velocity = 0 } = pointers;
    const { pointer, gradient, size } = parameter;
    core.rmspropStep(pointer, gradient, square, mean, velocity, size, lr, alpha, eps, momentum, weightDecay);
    numbers.step = (numbers.step as number) + 1;
  }
}

export interface AdamOptions {
  /** Default 0.001. */
  lr: number;
  /** The decays of the running mean and of the running mean square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Default 1e-8. */
  eps: number;
  /** An L2 penalty for Adam, default 0; decoupled weight decay for AdamW, default 0.01. */
  weightDecay: number;
}

abstract class AdamFamily extends Optimizer<AdamOptions> {
  /** @internal */
  constructor(
    owner: string,
    target: Parameters | readonly Group<AdamOptions>[],
    options: Partial<AdamOptions>,
    weightDecay: number,
  ) {
    super(owner, target, options, { lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay }, (all) => {
      if (!Array.isArray(all.betas) || all.betas.length !== 2)
        throw new TypeError('betas expected two numbers [beta1, beta2]');
      checkProbability('betas[0]', all.betas[0]);
      checkProbability('betas[1]', all.betas[1]);
      checkNumber('eps', all.eps, 'a number from 0 up', (x) => x >= 0);
      checkNotNegative('weightDecay', all.weightDecay);
    });
  }

  protected override arrays(): readonly string[] {
    return ['mean', 'square'];
  }

  /** The powers of the betas are running products: a power function would differ between engines. */
  protected override numbers(): Record<string, number> {
    return { step: 0, beta1Power: 1, beta2Power: 1 };
  }

  protected updateBy(
    core: Core,
    parameter: Parameter,
    { numbers, pointers }: Slot,
    options: AdamOptions,
    coupled: number,
    shrink: number,
  ): void {
    const [beta1, beta2] = options.betas;
    const state = numbers as { step: number; beta1Power: number; beta2Power: number };
    state.step++;
    state.beta1Power *= beta1;
    state.beta2Power *= beta2;
    const rate = options.lr / (1 - state.beta1Power);
    const unbias = 1 / Math.sqrt(1 - state.beta2Power);
    const { mean = 0, square = 0 } = pointers;
    const { pointer, gradient, size } = parameter;
    core.adamStep(
      pointer,
      gradient,
      mean,
      square,
      size,
      rate,
      beta1,
      beta2,
      options.eps,
      unbias,
      coupled,
      shrink,
    );
  }
}

/**
 * Adam (Kingma & Ba 2015), as PyTorch's `Adam`.
 *
 * @example
 * ```ts
 * import { Adam, LSTM } from 'lstm-wasm';
 * const model = new LSTM(3, 5);
 * const optimizer = new Adam(model, { lr: 0.003 });
 * optimizer.lr *= 0.5;
 * console.log(optimizer.lr); // 0.0015
 * ```
 * @throws as {@link SGD}
 */
export class Adam extends AdamFamily {
  override readonly type = 'Adam';

  constructor(target: Parameters | readonly Group<AdamOptions>[], options: Partial<AdamOptions> = {}) {
    super('Adam', target, options, 0);
  }

  protected override update(core: Core, parameter: Parameter, slot: Slot, options: AdamOptions): void {
    this.updateBy(core, parameter, slot, options, options.weightDecay, 1);
  }
}

/** AdamW (Loshchilov & Hutter 2019): Adam with decoupled weight decay, as PyTorch's `AdamW`. */
export class AdamW extends AdamFamily {
  override readonly type = 'AdamW';

  constructor(target: Parameters | readonly Group<AdamOptions>[], options: Partial<AdamOptions> = {}) {
    super('AdamW', target, options, 0.01);
  }

  protected override update(core: Core, parameter: Parameter, slot: Slot, options: AdamOptions): void {
    this.updateBy(core, parameter, slot, options, 0, 1 - options.lr * options.weightDecay);
  }
}
