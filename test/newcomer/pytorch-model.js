/** The README's model: `lstm` of 3 inputs and 8 units, `head` of 1 output; weights that a formula gives. */
const SHAPES = {
  'head.bias': [1],
  'head.weight': [1, 8],
  'lstm.bias_hh_l0': [32],
  'lstm.bias_ih_l0': [32],
  'lstm.weight_hh_l0': [32, 8],
  'lstm.weight_ih_l0': [32, 3],
};

const model = Object.fromEntries(
  Object.entries(SHAPES).map(([name, shape], seed) => {
    const size = shape.reduce((a, b) => a * b);
    return [name, Float32Array.from({ length: size }, (_, n) => ((n * 37 + seed * 11) % 41) / 41 - 0.5)];
  }),
);

/** The file that `safetensors.torch.save_file` writes: the header's size, the header padded to 8 bytes, the tensors. */
export function savedByPyTorch() {
  const header = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, shape] of Object.entries(SHAPES)) {
    const begin = end;
    end += model[name].byteLength;
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  const tensors = Object.keys(SHAPES).map((name) => Buffer.from(model[name].buffer));
  return Buffer.concat([size, padded, ...tensors]);
}

/** PyTorch's equations, in double precision: the output after the last step. */
export function predict(steps) {
  const product = (name, x, row) =>
    x.reduce((sum, value, k) => sum + model[name][row * x.length + k] * value, 0);
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  let [h, c] = [Array(8).fill(0), Array(8).fill(0)];
  for (const x of steps) {
    const sums = Array.from({ length: 32 }, (_, row) => {
      const bias = model['lstm.bias_ih_l0'][row] + model['lstm.bias_hh_l0'][row];
      return bias + product('lstm.weight_ih_l0', x, row) + product('lstm.weight_hh_l0', h, row);
    });
    const [i, f, g, o] = [0, 8, 16, 24].map((from) => sums.slice(from, from + 8));
    c = c.map((cell, n) => sigmoid(f[n]) * cell + sigmoid(i[n]) * Math.tanh(g[n]));
    h = c.map((cell, n) => sigmoid(o[n]) * Math.tanh(cell));
  }
  return model['head.bias'][0] + product('head.weight', h, 0);
}
