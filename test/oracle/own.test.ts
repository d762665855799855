import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../helpers/onnx/close.js';
import { evaluate } from '../helpers/onnx/equations.js';
import {
  type Attributes,
  type Operator,
  type RecurrentNode,
  readModel,
  writeModel,
} from '../helpers/onnx/format.js';
import { runOnnxRuntime } from './onnxruntime.js';
import { drawFrom, inputsOf } from './random-nodes.js';

/**
 * The small models in test/helpers/onnx/own, for those who have no ../shared: all inputs are stored in the file, and beside them
 * what onnxruntime gives. ORACLE_STORE=1 writes them anew.
 */
const OWN = new URL('../helpers/onnx/own/', import.meta.url);

const NODES: Record<string, [Operator, Attributes]> = {
  'lstm-everything': ['LSTM', { hidden_size: 3, direction: 'bidirectional', clip: 1 }],
  'lstm-coupled': [
    'LSTM',
    {
      hidden_size: 3,
      direction: 'reverse',
      input_forget: 1,
      activations: ['HardSigmoid', 'Softsign', 'LeakyRelu'],
      activation_alpha: [0.3, 0.2],
      activation_beta: [0.4],
    },
  ],
  'gru-before': [
    'GRU',
    {
      hidden_size: 3,
      direction: 'bidirectional',
      activations: ['Sigmoid', 'Elu', 'HardSigmoid', 'ScaledTanh'],
      activation_alpha: [0.5, 0.25, 0.75],
      activation_beta: [0.5, 1.5],
    },
  ],
  'gru-after': ['GRU', { hidden_size: 3, direction: 'reverse', linear_before_reset: 1, clip: 0.5 }],
  'rnn-both': [
    'RNN',
    {
      hidden_size: 3,
      direction: 'bidirectional',
      activations: ['Softplus', 'ThresholdedRelu'],
      activation_alpha: [0.125],
    },
  ],
};

function nodeOf(operator: Operator, attributes: Attributes): RecurrentNode {
  const D = attributes.direction === 'bidirectional' ? 2 : 1;
  const sizes = { D, H: attributes.hidden_size, I: 2, T: 4, B: 2 };
  const inputs = inputsOf(drawFrom(D), operator, sizes, true);
  return {
    operator,
    attributes,
    inputs: { ...inputs, sequence_lens: { data: Int32Array.of(4, 2), shape: [2] } },
  };
}

async function fileOf(node: RecurrentNode): Promise<Uint8Array> {
  const outputs = Object.entries(await runOnnxRuntime(node));
  const expected = Object.fromEntries(outputs.map(([name, tensor]) => [`expected_${name}`, tensor]));
  return writeModel(node, { stored: { ...node.inputs, ...expected } });
}

describe('models of our own', () => {
  it.each(Object.entries(NODES))('%s', async (name, [operator, attributes]) => {
    const node = nodeOf(operator, attributes);
    const byText = evaluate(node);
    expect(evaluate(node, { clipsCell: false }), 'what onnxruntime does in its own way').toEqual(byText);
    const file = new URL(`${name}.onnx`, OWN);
    if (process.env['ORACLE_STORE']) {
      mkdirSync(OWN, { recursive: true });
      writeFileSync(file, await fileOf(node));
    }
    const { operator: kind, attributes: stored, inputs, stored: tensors } = readModel(readFileSync(file));
    expect([kind, Object.keys(stored), inputs]).toEqual([operator, Object.keys(attributes), node.inputs]);
    for (const [output, { data }] of Object.entries(await runOnnxRuntime(node)))
      expectClose(output, data, tensors[`expected_${output}`].data, 1e-6);
  });
});
