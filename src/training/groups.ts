import type { Layer } from '../layers/layer.js';
import { Parameter } from '../layers/parameter.js';
import { isMap } from '../validation/arrays.js';
import { isOf } from '../validation/copies.js';
import { describe } from '../validation/errors.js';

/** A model, or an array of parameters, to optimize or clip. */
export type Parameters = Layer | readonly Parameter[];

/** A parameter group: parameters with their own options. */
export type Group<Options> = { params: Parameters } & Partial<Options>;

/** The parameter groups of an optimizer; a model or an array of parameters becomes a single group. */
export function groupsOf<Options>(
  owner: string,
  target: Parameters | readonly Group<Options>[],
): { params: unknown }[] {
  const isGroup = (one: unknown) => one !== null && typeof one === 'object' && 'params' in one;
  if (Array.isArray(target) && target.some(isGroup)) {
    const bad = target.findIndex((one) => !isGroup(one));
    if (bad >= 0)
      throw new TypeError(`${owner}: groups[${bad}] expected { params, … }, got ${describe(target[bad])}`);
    return target as { params: unknown }[];
  }
  return [{ params: target }];
}

/** The parameters of a model, or the given ones. @throws TypeError for anything else, or if there are none */
export function parametersOf(owner: string, target: Parameters): readonly Parameter[] {
  const isModel =
    target !== null && typeof target === 'object' && 'parameters' in target && isMap(target.parameters);
  // The parameters of a layer that occurs twice in a model are updated once.
  const all = isModel ? [...new Set((target as Layer).parameters.values())] : target;
  if (!Array.isArray(all))
    throw new TypeError(`${owner} expected a model or an array of parameters, got ${describe(target)}`);
  for (const [n, parameter] of all.entries()) {
    if (!isOf(`parameters[${n}]`, parameter, Parameter))
      throw new TypeError(`${owner}: parameters[${n}] expected a Parameter, got ${describe(parameter)}`);
    parameter.allocations.check();
  }
  if (all.length === 0) throw new TypeError(`${owner} expected at least one parameter, got none`);
  return all;
}
