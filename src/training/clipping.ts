import type { Layer } from '../layers/layer.js';
import type { Parameter } from '../layers/parameter.js';
import { checkPositive } from '../validation/options.js';
import { type Parameters, parametersOf } from './groups.js';

/**
 * The norm of all gradients taken as one vector, in double precision.
 *
 * @throws TypeError for anything but a model or parameters
 */
export function gradNorm(target: Parameters): number {
  return normOf(parametersOf('gradNorm', target));
}

function normOf(parameters: readonly Parameter[]): number {
  let sum = 0;
  for (const { runtime, gradient, size } of parameters) {
    if (gradient !== 0) sum += runtime.core.sumOfSquares(gradient, size);
  }
  return Math.sqrt(sum);
}

/** The parameters whose gradients will change. @throws as {@link parametersOf}, Error while something uses their model */
function changedParameters(owner: string, target: Parameters): readonly Parameter[] {
  const parameters = parametersOf(owner, target);
  for (const parameter of parameters) parameter.checkFree();
  return parameters;
}

/** @internal The name of the first parameter of a model whose gradient is not finite, and the norm of that; none where all are. */
export function firstNotFinite(model: Layer): [name: string, norm: number] | undefined {
  for (const [name, { runtime, gradient, size }] of model.parameters) {
    const norm = gradient === 0 ? 0 : Math.sqrt(runtime.core.sumOfSquares(gradient, size));
    if (!Number.isFinite(norm)) return [name, norm];
  }
  return undefined;
}

/** @internal Multiplies all gradients. */
export function scaleGradients(target: Parameters, factor: number): void {
  for (const { runtime, gradient, size } of changedParameters('scaleGradients', target)) {
    if (gradient !== 0) runtime.core.scaleBy(gradient, size, factor);
  }
}

/**
 * Scales all gradients so that their norm, taken as one vector, is at most `max` (Pascanu et al. 2013). If the norm is not
 * finite, the gradients do not change: check the returned norm.
 *
 * @returns the norm before clipping
 * @throws TypeError for anything but a model or parameters, RangeError unless `max` is above 0
 */
export function clipGradNorm(target: Parameters, max: number): number {
  checkPositive('max', max);
  const parameters = changedParameters('clipGradNorm', target);
  const norm = normOf(parameters);
  // PyTorch adds the same 1e-6.
  const factor = max / (norm + 1e-6);
  if (factor < 1 && norm < Number.POSITIVE_INFINITY) {
    for (const { runtime, gradient, size } of parameters) {
      if (gradient !== 0) runtime.core.scaleBy(gradient, size, factor);
    }
  }
  return norm;
}

/**
 * Clamps each gradient value to [−limit, limit].
 *
 * @throws as {@link clipGradNorm}
 */
export function clipGradValue(target: Parameters, limit: number): void {
  checkPositive('limit', limit);
  for (const { runtime, gradient, size } of changedParameters('clipGradValue', target)) {
    if (gradient !== 0) runtime.core.clampTo(gradient, size, limit);
  }
}
