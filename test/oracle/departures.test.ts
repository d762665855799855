import { describe, expect, it } from 'vitest';
import { evaluator } from '../helpers/onnx/activations.js';
import { expectClose } from '../helpers/onnx/close.js';
import { evaluate, type Reading } from '../helpers/onnx/equations.js';
import type { Attributes, OnnxTensor, Operator, RecurrentNode } from '../helpers/onnx/format.js';
import { runLayer } from '../helpers/onnx/layer.js';
import { type Variant, variants } from '../helpers/variants.js';
import { runOnnxRuntime } from './onnxruntime.js';

/*
 * Where onnxruntime 1.30 leaves the text of the operators, and this package does not:
 *
 * - LSTM: `clip` does not bound what goes into the cell's activation, though the text has it bound the input of activations.
 * - All three: alpha and beta of Affine, ScaledTanh and ThresholdedRelu are 0 where none are given. By the text they are those
 *   of the operators of that name: 1 and 0 for Affine, 1 for ThresholdedRelu. ScaledTanh's has none; 1 and 1 are ours.
 * - All three: `layout` 1 is refused.
 * - Softplus is ln(1 + e^x) as it stands, Infinity from x = 89 on in float32.
 * - LSTM and GRU: a sequence of length 0 ends with zeros, not with its initial states. The text is silent; here it keeps them, as Keras does.
 *
 * Where one could expect another reading, the random nodes hold it to what this package does: all of the output gate's
 * input is clipped, its peephole included; `input_forget` makes f = 1 - i of the activated i; alpha and beta go to the
 * functions that take them, in their order, all of the first direction's first; the reverse direction begins at each true end.
 * ThresholdedRelu lets x > alpha through, as its own text says; that of LSTM, GRU and RNN says x >= alpha.
 */

const TOLERANCE = 1e-5;
const GATES = { LSTM: 4, GRU: 3, RNN: 1 };
const OPERATORS = Object.keys(GATES) as Operator[];

const filled = (value: number, ...shape: number[]): OnnxTensor => {
  const size = shape.reduce((a, b) => a * b);
  return { data: Float32Array.from({ length: size }, (_, n) => value / (1 + n / size)), shape };
};

/** One sequence of two steps into one unit. */
function small(
  operator: Operator,
  attributes: Partial<Attributes>,
  others: Record<string, OnnxTensor> = {},
): RecurrentNode {
  const gates = GATES[operator];
  const inputs = { X: filled(0.5, 2, 1, 1), W: filled(1, 1, gates, 1), R: filled(0.5, 1, gates, 1) };
  return { operator, attributes: { hidden_size: 1, ...attributes }, inputs: { ...inputs, ...others } };
}

/** The last of a layer's functions, which makes its values; the first is left as it is. */
function lastOf(operator: Operator, name: string) {
  return { LSTM: ['Sigmoid', name, 'Tanh'], GRU: ['Sigmoid', name], RNN: [name] }[operator];
}

interface Departure {
  name: string;
  node: RecurrentNode;
  /** What onnxruntime takes the node for. */
  theirs: Reading;
}

const departures: Departure[] = [
  {
    name: 'LSTM: clip leaves the input of the cell activation alone',
    node: small('LSTM', { clip: 0.3 }, { initial_c: filled(4, 1, 1, 1) }),
    theirs: { clipsCell: false },
  },
  ...OPERATORS.flatMap((operator) =>
    ['Affine', 'ScaledTanh', 'ThresholdedRelu'].map((name) => ({
      name: `${operator}: ${name} without values has alpha and beta 0`,
      node: small(operator, { activations: lastOf(operator, name) }),
      theirs: {
        activations: [
          lastOf(operator, name).map((other) =>
            evaluator(other === name ? { name, alpha: 0, beta: 0 } : { name: other }),
          ),
        ],
      },
    })),
  ),
];

const softplus = small('RNN', { activations: ['Softplus'] }, { X: filled(100, 2, 1, 1) });
const empty = OPERATORS.filter((operator) => operator !== 'RNN').map((operator) =>
  small(
    operator,
    {},
    { sequence_lens: { data: Int32Array.of(0), shape: [1] }, initial_h: filled(0.7, 1, 1, 1) },
  ),
);

describe('onnxruntime departs from the text', () => {
  it.each(departures)('$name', async ({ node, theirs }) => {
    const [text, other] = [evaluate(node), evaluate(node, theirs)];
    expect(Math.abs(text['Y_h'][0] - other['Y_h'][0])).toBeGreaterThan(0.01);
    for (const [name, { data }] of Object.entries(await runOnnxRuntime(node)))
      expectClose(name, data, other[name], TOLERANCE);
  });

  it.each(OPERATORS)('%s: layout 1 is refused', async (operator) => {
    await expect(runOnnxRuntime(small(operator, { layout: 1 }))).rejects.toThrow(/layout/);
  });

  it('Softplus overflows', async () => {
    expect((await runOnnxRuntime(softplus))['Y_h'].data[0]).toBe(Infinity);
  });

  it.each(empty)('$operator: a sequence of length 0 ends with zeros', async (node) => {
    expect((await runOnnxRuntime(node))['Y_h'].data[0]).toBe(0);
  });
});

function suite({ name, create }: Variant) {
  describe(`layers keep to it [${name}]`, () => {
    const nodes = departures.map((departure): [string, RecurrentNode] => [departure.name, departure.node]);
    const batchFirst = OPERATORS.map((operator): [string, RecurrentNode] => [
      `${operator}: layout 1`,
      small(operator, { layout: 1 }),
    ]);
    it.each([...nodes, ...batchFirst, ['Softplus', softplus]] as typeof nodes)('%s', (_, node) => {
      const ours = runLayer(node, create());
      for (const [output, values] of Object.entries(evaluate(node)))
        expectClose(output, ours[output].data, values, TOLERANCE);
    });

    it.each(empty)('$operator: a sequence of length 0 keeps its initial state', (node) => {
      expect(runLayer(node, create())['Y_h'].data[0]).toBeCloseTo(0.7, 6);
    });
  });
}

variants.forEach(suite);
