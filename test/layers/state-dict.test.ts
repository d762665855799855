import { describe, expect, it } from 'vitest';
import { Embedding, GRU, Linear, LSTM, Sequential, type Tensor } from '../../src/index.js';
import { expectAllBits } from '../helpers/bits.js';
import { expectRefusal, zeros } from '../helpers/refusals.js';

type Dict = Record<string, Tensor>;

const prefixed = (prefix: string, dict: Dict): Dict =>
  Object.fromEntries(Object.entries(dict).map(([name, tensor]) => [prefix + name, tensor]));

const FORMS = {
  weight_norm: (name: string) => [`${name}_g`, `${name}_v`],
  parametrizations: (name: string) => {
    const at = name.lastIndexOf('.') + 1;
    const own = `${name.slice(0, at)}parametrizations.${name.slice(at)}`;
    return [`${own}.original0`, `${own}.original1`];
  },
};

/**
 * The same weights as PyTorch's weight norm stores them: v is a multiple of each row, g its norm. Gives what the weights are then, too,
 * since g and v are rounded.
 */
function split(
  dict: Dict,
  names: readonly string[],
  form: keyof typeof FORMS,
): { stored: Dict; weights: Dict } {
  const [stored, weights] = [{ ...dict }, { ...dict }];
  for (const name of names) {
    const { data, shape } = dict[name] as Tensor;
    const [rows = 0, columns = 0] = shape;
    const g = new Float32Array(rows);
    const v = data.map((x, n) => x * (1 + Math.floor(n / columns) / 8));
    const exact = new Float32Array(data.length);
    for (let row = 0; row < rows; row++) {
      const own = v.subarray(row * columns, (row + 1) * columns);
      const norm = Math.sqrt(own.reduce((sum, x) => sum + x * x, 0));
      g[row] = norm / (1 + row / 8);
      exact.set(
        own.map((x) => (x * (g[row] as number)) / norm),
        row * columns,
      );
    }
    delete stored[name];
    const [first, second] = FORMS[form](name) as [string, string];
    Object.assign(stored, { [first]: { data: g, shape: [rows, 1] }, [second]: { data: v, shape } });
    weights[name] = { data: exact, shape };
  }
  return { stored, weights };
}

function expectClose(actual: Dict, expected: Dict): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect(actual[name]?.shape).toEqual(shape);
    data.forEach((x, n) => {
      expect(actual[name]?.data[n], name).toBeCloseTo(x, 6);
    });
  }
}

describe.each(['weight_norm', 'parametrizations'] as const)("PyTorch's %s", (form) => {
  const lstm = new LSTM(3, 5, { numLayers: 2, bidirectional: true });
  const names = ['weight_ih_l0', 'weight_hh_l0', 'weight_hh_l1_reverse'];
  const { stored, weights } = split(lstm.stateDict(), names, form);

  it('in fromStateDict', () => {
    expectClose(LSTM.fromStateDict(stored).stateDict(), weights);
    expectClose(
      LSTM.fromStateDict(prefixed('module.encoder.', stored), { prefix: 'encoder.' }).stateDict(),
      weights,
    );
    const gru = new GRU(2, 3);
    const own = split(gru.stateDict(), ['weight_hh_l0'], form);
    expectClose(GRU.fromStateDict(own.stored).stateDict(), own.weights);
  });

  it('in loadStateDict, in a Sequential too', () => {
    lstm.loadStateDict(stored);
    expectClose(lstm.stateDict(), weights);
    const model = new Sequential(new Embedding(4, 3), new Linear(3, 2));
    const own = split(model.stateDict(), ['0.weight', '1.weight'], form);
    model.loadStateDict(own.stored);
    expectClose(model.stateDict(), own.weights);
    model.loadStateDict(prefixed('module._orig_mod.', own.stored));
    expectClose(model.stateDict(), own.weights);
  });

  it('one norm for each row, or one for all', () => {
    const layer = new Linear(2, 2);
    const [g, v] = FORMS[form]('weight') as [string, string];
    const direction = { data: Float32Array.of(3, 1, 4, 0), shape: [2, 2] };
    const load = (data: number[], shape: number[]) => {
      layer.loadStateDict({ [g]: { data: Float32Array.from(data), shape }, [v]: direction, bias: zeros(2) });
      return [...(layer.parameters.get('weight')?.read() ?? [])];
    };
    expect(load([5, 2], [2, 1]).map((x) => Math.round(x * 1e4) / 1e4)).toEqual([4.7434, 1.5811, 2, 0]);
    expect(() => load([10, 7], [1, 2])).toThrow(/expected shape \[rows, 1\] = \[2, 1\], got \[1, 2\]/);
    expect(load([2], []).map((x) => x ** 2 * 26)).toEqual([36, 4, 64, 0].map((x) => expect.closeTo(x, 3)));
  });

  it('wrong parts name themselves and change nothing', () => {
    const layer = new Linear(2, 2);
    const before = layer.stateDict();
    const [g, v] = FORMS[form]('weight') as [string, string];
    const quoted = g.replaceAll('.', '\\.');
    const wrong = { [g]: zeros(3), [v]: zeros(2, 2), bias: zeros(2) };
    expectRefusal(
      () => layer.loadStateDict(wrong),
      RangeError,
      new RegExp(`"${quoted}" expected shape .*\\[2, 1\\], got \\[3\\]`),
    );
    expectRefusal(
      () => layer.loadStateDict({ [g]: zeros(2, 1), bias: zeros(2) }),
      TypeError,
      new RegExp(`unknown name "${quoted}"`),
    );
    const nothing = { [g]: zeros(2, 1), [v]: zeros(2, 2), bias: zeros(2) };
    expectRefusal(() => layer.loadStateDict(nothing), RangeError, /"weight" expected finite values, got NaN/);
    expect(layer.stateDict()).toEqual(before);
  });
});

describe('names of wrappers', () => {
  const lstm = new LSTM(3, 5);
  const dict = lstm.stateDict();
  it.each(['module.', '_orig_mod.', 'module.module.', 'module._orig_mod.'])('%s', (wrapper) => {
    expectAllBits('weights', LSTM.fromStateDict(prefixed(wrapper, dict)).stateDict(), dict);
    const other = new LSTM(3, 5);
    other.loadStateDict(prefixed(wrapper, dict));
    expectAllBits('weights', other.stateDict(), dict);
  });

  it('a prefix that names the wrapper is taken as it is', () => {
    const both = { ...prefixed('module.a.', dict), ...prefixed('module.b.', new LSTM(3, 5).stateDict()) };
    expectAllBits('weights', LSTM.fromStateDict(both, { prefix: 'module.a.' }).stateDict(), dict);
    expectAllBits('weights', LSTM.fromStateDict(both, { prefix: 'a.' }).stateDict(), dict);
  });

  it('names of which only some have one are refused as before', () => {
    const { bias_hh_l0: bias, ...others } = dict;
    const mixed = { ...prefixed('module.', others), bias_hh_l0: bias as Tensor };
    expectRefusal(() => lstm.loadStateDict(mixed), TypeError, /unknown name "module\.weight_ih_l0"/);
    expectRefusal(() => LSTM.fromStateDict(mixed), TypeError, /"weight_ih_l0" is missing/);
  });
});
