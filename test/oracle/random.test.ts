import { describe, expect, it } from 'vitest';
import { expectClose } from '../helpers/onnx/close.js';
import { evaluate } from '../helpers/onnx/equations.js';
import type { RecurrentNode } from '../helpers/onnx/format.js';
import { runLayer } from '../helpers/onnx/layer.js';
import { type Variant, variants } from '../helpers/variants.js';
import { runOnnxRuntime, version } from './onnxruntime.js';
import { describeNode, randomNode } from './random-nodes.js';

const SEED = Number(process.env['ORACLE_SEED'] ?? 20260);
const COUNT = Number(process.env['ORACLE_COUNT'] ?? 240);
const TOLERANCE = 1e-5;

console.log(`onnxruntime ${version}, ${COUNT} nodes from ORACLE_SEED=${SEED}`);

const nodes = Array.from({ length: COUNT }, (_, n): [string, RecurrentNode] => {
  const node = randomNode(SEED + n);
  return [`${n}: ${describeNode(node)}`, node];
});

/** One run for all variants. */
const results = new Map<RecurrentNode, ReturnType<typeof runOnnxRuntime>>();

function onnxRuntime(node: RecurrentNode) {
  const result = results.get(node) ?? runOnnxRuntime(node);
  results.set(node, result);
  return result;
}

function same(one: Record<string, Float64Array>, other: Record<string, Float64Array>): boolean {
  return Object.entries(one).every(([name, data]) =>
    data.every((value, n) => Math.abs(value - other[name][n]) <= 1e-9 * (1 + Math.abs(value))),
  );
}

describe('onnxruntime against the text of the operators', () => {
  it.each(nodes)('%s', async (_, node) => {
    // Of what a random node has, the cell's clip is the one thing that it does in its own way.
    const expected = evaluate(node, { clipsCell: false });
    for (const [name, { data }] of Object.entries(await onnxRuntime(node)))
      expectClose(name, data, expected[name], TOLERANCE, 'largest');
  });
});

function suite({ name, create }: Variant) {
  describe(`layers against onnxruntime [${name}]`, () => {
    it.each(nodes)('%s', async (_, node) => {
      const ours = runLayer(node, create());
      const byText = evaluate(node);
      for (const [name, values] of Object.entries(byText))
        expectClose(`${name} by the text`, ours[name].data, values, TOLERANCE, 'largest');
      if (!same(byText, evaluate(node, { clipsCell: false }))) return;
      for (const [name, { data, shape }] of Object.entries(await onnxRuntime(node))) {
        expect(ours[name].shape, `shape of ${name}`).toEqual(shape);
        expectClose(name, ours[name].data, data, TOLERANCE, 'largest');
      }
    });
  });
}

variants.forEach(suite);
