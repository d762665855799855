import type { Layer } from '../layers/layer.js';
import { Parameter } from '../layers/parameter.js';
import { isMap } from '../validation/arrays.js';
import { isOf } from '../validation/copies.js';
import { describe } from '../validation/errors.js';

/** What an optimizer or a clip works on: a model, or parameters. */
export type Parameters = Layer | readonly Parameter[];

/** Parameters with options of their own. */
export type Group<Options> = { params: Parameters } & Partial<Options>;

/** The groups of an optimizer; what is none is one. */
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

/** The parameters of a model, or those given. @throws TypeError where there is none, or something else */
export function parametersOf(owner: string, target: Parameters): readonly Parameter[] {
  const isModel =
    target !== null && typeof target === 'object' && 'parameters' in target && isMap(target.parameters);
  // A layer that stands in a model twice has its parameters twice: they are updated once.
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
