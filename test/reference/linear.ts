/**
 * The float64 reference: plain loops that read like the equations, no attention to speed. A forward returns its
 * results and `backward`, which turns gradients of the results into gradients of all that went in.
 *
 * Matrices are row-major; a weight is [outputs, inputs] as in PyTorch.
 */

/** y[r, o] += sum over k of x[r, k] * weight[o, k] */
export function addProduct(
  y: Float64Array,
  x: Float64Array,
  weight: Float64Array,
  rows: number,
  O: number,
  K: number,
) {
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < O; o++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x[r * K + k] * weight[o * K + k];
      y[r * O + o] += sum;
    }
  }
}

/** dx[r, k] += sum over o of dy[r, o] * weight[o, k] */
export function addInputGradient(
  dx: Float64Array,
  dy: Float64Array,
  weight: Float64Array,
  rows: number,
  O: number,
  K: number,
) {
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < K; k++) {
      let sum = 0;
      for (let o = 0; o < O; o++) sum += dy[r * O + o] * weight[o * K + k];
      dx[r * K + k] += sum;
    }
  }
}

/** dWeight[o, k] += sum over r of dy[r, o] * x[r, k] */
export function addWeightGradient(
  dWeight: Float64Array,
  dy: Float64Array,
  x: Float64Array,
  rows: number,
  O: number,
  K: number,
) {
  for (let o = 0; o < O; o++) {
    for (let k = 0; k < K; k++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += dy[r * O + o] * x[r * K + k];
      dWeight[o * K + k] += sum;
    }
  }
}

/** y[r, o] += bias[o] */
export function addBias(y: Float64Array, bias: Float64Array, rows: number) {
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < bias.length; o++) y[r * bias.length + o] += bias[o];
  }
}

/** dBias[o] += sum over r of dy[r, o] */
export function addBiasGradient(dBias: Float64Array, dy: Float64Array, rows: number) {
  for (let o = 0; o < dBias.length; o++) {
    for (let r = 0; r < rows; r++) dBias[o] += dy[r * dBias.length + o];
  }
}

/** The tensor of that name, which has to be there. */
export function named(tensors: ReadonlyMap<string, Float64Array>, name: string): Float64Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`no tensor "${name}" among ${[...tensors.keys()].join(', ')}`);
  return tensor;
}

export interface LinearArguments {
  /** [rows, I] */
  input: Float64Array;
  rows: number;
  I: number;
  O: number;
  /** `weight` [O, I] and, or not, `bias` [O] */
  params: ReadonlyMap<string, Float64Array>;
}

/** output [rows, O] = input weightᵀ + bias */
export function linear({ input, rows, I, O, params }: LinearArguments) {
  const weight = named(params, 'weight');
  const bias = params.get('bias');
  const output = new Float64Array(rows * O);
  addProduct(output, input, weight, rows, O, I);
  if (bias) addBias(output, bias, rows);

  function backward(dOutput: Float64Array) {
    const dInput = new Float64Array(rows * I);
    const grads = new Map([['weight', new Float64Array(O * I)]]);
    addInputGradient(dInput, dOutput, weight, rows, O, I);
    addWeightGradient(named(grads, 'weight'), dOutput, input, rows, O, I);
    if (bias) {
      grads.set('bias', new Float64Array(O));
      addBiasGradient(named(grads, 'bias'), dOutput, rows);
    }
    return { input: dInput, params: grads };
  }

  return { output, backward };
}

export interface EmbeddingArguments {
  ids: ArrayLike<number>;
  count: number;
  size: number;
  /** `weight` [count, size] */
  params: ReadonlyMap<string, Float64Array>;
}

/** output [ids.length, size]: row `id` of the weight for each id */
export function embedding({ ids, count, size, params }: EmbeddingArguments) {
  const weight = named(params, 'weight');
  const output = new Float64Array(ids.length * size);
  for (let r = 0; r < ids.length; r++) {
    for (let k = 0; k < size; k++) output[r * size + k] = weight[ids[r] * size + k];
  }

  function backward(dOutput: Float64Array) {
    const dWeight = new Float64Array(count * size);
    for (let r = 0; r < ids.length; r++) {
      for (let k = 0; k < size; k++) dWeight[ids[r] * size + k] += dOutput[r * size + k];
    }
    return { params: new Map([['weight', dWeight]]) };
  }

  return { output, backward };
}
