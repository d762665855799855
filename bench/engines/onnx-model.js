// The ONNX files that onnxruntime runs: its LSTM operator, and one step from plain operators, which can be faster.

import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const FLOAT = onnx.TensorProto.DataType.FLOAT;

const constant = (name, dims, values) => ({
  name,
  dims,
  dataType: FLOAT,
  rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

const value = (name, dims) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
});

const node = (opType, input, output, attribute = []) => ({
  opType,
  name: output[0],
  input,
  output,
  attribute,
});

const integer = (name, i) => ({ name, type: onnx.AttributeProto.AttributeType.INT, i });

function encode(graph) {
  const model = { irVersion: 8, opsetImport: [{ domain: '', version: 14 }], producerName: 'bench', graph };
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish();
}

/** PyTorch's blocks i, f, g, o as ONNX's i, o, f, g. */
function iofg(values, H) {
  const block = (values.length / 4 / H) * H;
  const out = new Float32Array(values.length);
  for (const [to, from] of [0, 3, 1, 2].entries()) {
    out.set(values.subarray(from * block, (from + 1) * block), to * block);
  }
  return out;
}

/** Inputs X [T, B, I], h and c [1, B, H]; outputs Y [T, 1, B, H], hN, cN. */
export function lstmModel({ T, B, I, H }, data) {
  const biases = new Float32Array(8 * H);
  biases.set(iofg(data.bias_ih, H));
  biases.set(iofg(data.bias_hh, H), 4 * H);
  return encode({
    name: 'lstm',
    node: [node('LSTM', ['X', 'W', 'R', 'B', '', 'h', 'c'], ['Y', 'hN', 'cN'], [integer('hidden_size', H)])],
    initializer: [
      constant('W', [1, 4 * H, I], iofg(data.weight_ih, H)),
      constant('R', [1, 4 * H, H], iofg(data.weight_hh, H)),
      constant('B', [1, 8 * H], biases),
    ],
    input: [value('X', [T, B, I]), value('h', [1, B, H]), value('c', [1, B, H])],
    output: [value('Y', [T, 1, B, H]), value('hN', [1, B, H]), value('cN', [1, B, H])],
  });
}

/** The same step as lstmModel with T = 1, from Gemm, Sigmoid, Tanh, Mul and Add. X [B, I], h and c [B, H]. */
export function cellModel({ B, I, H }, data) {
  const weight = new Float32Array((I + H) * 4 * H); // [I + H, 4H]
  for (let n = 0; n < 4 * H; n++) {
    for (let k = 0; k < I; k++) weight[k * 4 * H + n] = data.weight_ih[n * I + k];
    for (let k = 0; k < H; k++) weight[(I + k) * 4 * H + n] = data.weight_hh[n * H + k];
  }
  const bias = data.bias_ih.map((b, n) => b + data.bias_hh[n]);
  const sigmoids = ['i', 'f', 'o'].map((gate) => node('Sigmoid', [`z${gate}`], [gate]));
  return encode({
    name: 'cell',
    node: [
      node('Concat', ['X', 'h'], ['xh'], [integer('axis', 1)]),
      node('Gemm', ['xh', 'W', 'B'], ['z']),
      node('Split', ['z'], ['zi', 'zf', 'zg', 'zo'], [integer('axis', 1)]),
      ...sigmoids,
      node('Tanh', ['zg'], ['g']),
      node('Mul', ['f', 'c'], ['kept']),
      node('Mul', ['i', 'g'], ['written']),
      node('Add', ['kept', 'written'], ['cN']),
      node('Tanh', ['cN'], ['t']),
      node('Mul', ['o', 't'], ['hN']),
    ],
    initializer: [constant('W', [I + H, 4 * H], weight), constant('B', [4 * H], bias)],
    input: [value('X', [B, I]), value('h', [B, H]), value('c', [B, H])],
    output: [value('hN', [B, H]), value('cN', [B, H])],
  });
}
