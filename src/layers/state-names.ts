import { wrongValue } from '../validation/errors.js';
import { checkTensor, type NamedTensors, showShape, type Tensor } from '../validation/tensor.js';

type NamedTensor = NamedTensors[string];

/** What PyTorch's wrappers put before all names: DataParallel, DistributedDataParallel, torch.compile. */
const WRAPPERS = /^(module\.|_orig_mod\.)+/;

/** The two forms of PyTorch's weight norm, `weight_g` and `parametrizations.weight.original0`: each has a second name for v. */
const MAGNITUDES: readonly (readonly [name: RegExp, weight: string, direction: string])[] = [
  [/^(.+)_g$/, '$1', '$1_v'],
  [/^(.*?)parametrizations\.(.+)\.original0$/, '$1$2', '$1parametrizations.$2.original1'],
];

/** A copy of a state dict without what wrappers put before all of its names, unless a name is known with it. */
export function withoutWrappers(dict: NamedTensors, isKnown: (name: string) => boolean): NamedTensors {
  const names = Object.keys(dict);
  if (!names.every((name) => WRAPPERS.test(name) && !isKnown(name))) return { ...dict };
  return Object.fromEntries(names.map((name) => [name.replace(WRAPPERS, ''), dict[name] as NamedTensor]));
}

/**
 * A copy of a state dict with the weights that weight norm (Salimans & Kingma 2016) has split, g · v / ‖v‖, for the names in
 * which `isWeight` sees a weight.
 */
export function withoutWeightNorm(dict: NamedTensors, isWeight: (name: string) => boolean): NamedTensors {
  const plain: Record<string, NamedTensor> = { ...dict };
  for (const [name, magnitude] of Object.entries(dict)) {
    for (const [pattern, weight, direction] of MAGNITUDES) {
      if (!pattern.test(name)) continue;
      const [base, other] = [name.replace(pattern, weight), name.replace(pattern, direction)];
      const v = dict[other];
      if (!v || base in dict || !isWeight(base)) continue;
      plain[base] = normalized(name, checkTensor(name, magnitude), checkTensor(other, v));
      delete plain[name];
      delete plain[other];
    }
  }
  return plain;
}

/** g · v / ‖v‖, with one g for each row, for each column, or for all. */
function normalized(name: string, g: Tensor, { data: v, shape }: Tensor): Tensor {
  const [rows = 1] = shape;
  const columns = v.length / rows;
  const count = g.data.length;
  const byColumn = count === columns && g.shape[0] === 1;
  if (count !== 1 && count !== rows && !byColumn)
    throw wrongValue(`"${name}"`, `shape [rows, 1] = ${showShape([rows, 1])}`, showShape(g.shape));
  const place = (n: number) =>
    count === 1 ? 0 : count === rows && !byColumn ? Math.floor(n / columns) : n % columns;
  const squares = new Float64Array(count);
  for (let n = 0; n < v.length; n++) {
    const x = v[n] as number;
    squares[place(n)] = (squares[place(n)] as number) + x * x;
  }
  return {
    data: v.map((x, n) => (x * (g.data[place(n)] as number)) / Math.sqrt(squares[place(n)] as number)),
    shape,
  };
}
