import { suggestion } from '../validation/edit-distance.js';
import { clip, listed, wrongValue } from '../validation/errors.js';
import { checkObject } from '../validation/options.js';
import {
  checkTensor,
  checkTensorOf,
  type NamedTensors,
  showShape,
  type Tensor,
} from '../validation/tensor.js';
import type { Parameter } from './parameter.js';

/** What PyTorch's wrappers put before all names: DataParallel, DistributedDataParallel, torch.compile. */
const WRAPPERS = /^(module\.|_orig_mod\.)+/;

/** The magnitude g in both forms of PyTorch's weight norm: `weight_g`, and `parametrizations.weight.original0`. */
const MAGNITUDE = /^(?:(.+)_g|(.*?)parametrizations\.(.+)\.original0)$/;

/** Checks a whole state dict, then writes it. */
export function loadParameters(parameters: ReadonlyMap<string, Parameter>, given: NamedTensors): void {
  checkObject('state dict', given);
  const isKnown = (name: string) => parameters.has(name);
  const dict = withoutWeightNorm(withoutWrappers(given, isKnown), isKnown);
  for (const name of Object.keys(dict)) {
    if (!parameters.has(name))
      throw new TypeError(
        `state dict: unknown name "${clip(name)}"; ${suggestion(name, [...parameters.keys()])}`,
      );
  }
  const checked = [...parameters].map(([name, parameter]): [Parameter, Float32Array] => {
    if (!(name in dict)) throw missingParameter(name, dict);
    const { data } = checkTensorOf(name, dict[name], parameter.shape, 'of the parameter');
    return [parameter, parameter.checkValues(name, data)];
  });
  for (const [parameter, data] of checked) parameter.write(data);
}

/** The error for a name that is missing in a state dict. */
export function missingParameter(name: string, dict: NamedTensors): TypeError {
  return new TypeError(
    `state dict: "${clip(name)}" is missing; it has ${listed(Object.keys(dict)) || 'nothing'}`,
  );
}

/** A copy of a state dict without what wrappers put before all of its names, unless a name is known with it. */
export function withoutWrappers(dict: NamedTensors, isKnown: (name: string) => boolean): NamedTensors {
  const entries = Object.entries(dict);
  const wrapped = entries.every(([name]) => WRAPPERS.test(name) && !isKnown(name));
  return Object.fromEntries(
    entries.map(([name, tensor]) => [wrapped ? name.replace(WRAPPERS, '') : name, tensor]),
  );
}

/**
 * A copy of a state dict with the weights that weight norm (Salimans & Kingma 2016) has split, g · v / ‖v‖, for the names in
 * which `isWeight` sees a weight.
 */
export function withoutWeightNorm(dict: NamedTensors, isWeight: (name: string) => boolean): NamedTensors {
  const plain = { ...dict };
  for (const [name, g] of Object.entries(dict)) {
    const [matched, simple, before = '', weight = ''] = MAGNITUDE.exec(name) ?? [];
    const base = simple ?? before + weight;
    const other = name.slice(0, -1) + (simple ? 'v' : '1');
    const v = dict[other];
    if (!matched || !v || base in dict || !isWeight(base)) continue;
    plain[base] = normalized(name, checkTensor(name, g), checkTensor(other, v));
    delete plain[name];
    delete plain[other];
  }
  return plain;
}

/** g · v / ‖v‖, with one norm for each row as PyTorch's default has it, or one for all. */
function normalized(name: string, g: Tensor, { data: v, shape }: Tensor): Tensor {
  const [rows = 1] = shape;
  const count = g.data.length;
  if (count !== 1 && !(count === rows && g.shape[0] === rows))
    throw wrongValue(`"${name}"`, `shape [rows, 1] = ${showShape([rows, 1])}`, showShape(g.shape));
  const data = new Float32Array(v.length);
  const width = v.length / count;
  for (let row = 0; row < count; row++) {
    const part = v.subarray(row * width, (row + 1) * width);
    let squares = 0;
    for (const x of part) squares += x * x;
    const magnitude = g.data[row] as number;
    data.set(
      part.map((x) => (x * magnitude) / Math.sqrt(squares)),
      row * width,
    );
  }
  return { data, shape };
}
