import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/index.js';
import { externalData, missing } from '../helpers/external-data.js';
import { expectClose } from '../helpers/onnx/close.js';
import { evaluate } from '../helpers/onnx/equations.js';
import { type OnnxModel, type OnnxTensor, readModel, readTensor } from '../helpers/onnx/format.js';
import { runLayer } from '../helpers/onnx/layer.js';
import { type Variant, variants } from '../helpers/variants.js';

/** The backend tests of github.com/onnx/onnx for the recurrent operators. */
const NODE_TESTS = [
  'gru_batchwise',
  'gru_defaults',
  'gru_seq_length',
  'gru_with_initial_bias',
  'lstm_batchwise',
  'lstm_defaults',
  'lstm_with_initial_bias',
  'lstm_with_peepholes',
  'rnn_seq_length',
  'simple_rnn_batchwise',
  'simple_rnn_defaults',
  'simple_rnn_with_initial_bias',
].map((name) => `models/onnx-node-tests/test_${name}`);

const OWN = new URL('../helpers/onnx/own/', import.meta.url);
const TOLERANCE = 1e-6;

interface NodeTest {
  model: OnnxModel;
  expected: Record<string, OnnxTensor>;
}

function readNodeTest(folder: string): NodeTest {
  const model = readModel(readFileSync(join(folder, 'model.onnx')));
  const tensor = (file: string) => readTensor(readFileSync(join(folder, 'test_data_set_0', `${file}.pb`)));
  for (const [n, name] of model.order.entries()) model.inputs[name] = tensor(`input_${n}`);
  const expected = model.outputs.map((name, n): [string, OnnxTensor] => [name, tensor(`output_${n}`)]);
  return { model, expected: Object.fromEntries(expected) };
}

/** A file of our own has all inputs stored in it, and what onnxruntime gives beside them. */
function readOwn(file: string): NodeTest {
  const model = readModel(readFileSync(new URL(file, OWN)));
  const expected = model.outputs.map((name) => [name, model.stored[`expected_${name}`] as OnnxTensor]);
  return { model, expected: Object.fromEntries(expected) };
}

function check({ model, expected }: NodeTest, runtime: Runtime): void {
  const outputs = runLayer(model, runtime);
  const byText = evaluate(model);
  expect(Object.keys(expected).length).toBeGreaterThan(0);
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect(outputs[name].shape, `shape of ${name}`).toEqual(shape);
    expectClose(`${name} by the text`, byText[name], data, TOLERANCE);
    expectClose(name, outputs[name].data, data, TOLERANCE);
  }
}

function suite({ name, create }: Variant) {
  describe(`ONNX's node tests [${name}]`, () => {
    it.for(NODE_TESTS)('%s', (path, { skip }) => {
      const folder = externalData(path);
      if (folder === undefined) return skip(missing(path));
      check(readNodeTest(folder), create());
    });
  });

  describe(`ONNX nodes of our own [${name}]`, () => {
    it.each(readdirSync(OWN))('%s', (file) => check(readOwn(file), create()));
  });
}

variants.forEach(suite);
