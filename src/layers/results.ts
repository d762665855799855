import { isObject, wrongKind } from '../validation/errors.js';
import { checkTensor, checkTensorOf, type Tensor } from '../validation/tensor.js';

/** What a forward of a layer returned, which may be the user's. @throws TypeError for anything but `{ output }` with a tensor */
export function outputOf(result: { output: Tensor }): Tensor {
  if (!isObject(result) || !('output' in result))
    throw wrongKind('forward of a layer', 'to return { output }', result);
  return checkTensor('output', result.output);
}

/** The gradient of the input that a backward of a layer returned; undefined if it gave none. @throws TypeError for no object */
export function inputGradientOf(result: { input?: Tensor }, shape: readonly number[]): Tensor | undefined {
  // Nor a promise, in which the gradient would be lost.
  if (!isObject(result) || 'then' in result)
    throw wrongKind('backward of a layer', 'to return { input }, or {}', result);
  const { input } = result;
  return input === undefined ? undefined : checkTensorOf('input', input, shape, 'of the input');
}
