import { type Cell, type CellStep, lstmCell, reluCell, tanhCell } from './cells.js';
import {
  addBias,
  addBiasGradient,
  addInputGradient,
  addProduct,
  addWeightGradient,
  named,
} from './linear.js';

type Params = ReadonlyMap<string, Float64Array>;

interface Sizes {
  T: number;
  B: number;
  /** Features of the input. */
  I: number;
  H: number;
}

export interface RecurrentArguments extends Sizes {
  /** [T, B, I] */
  input: Float64Array;
  layers: number;
  /** PyTorch's names, `weight_ih_l0` … `bias_hh_l{layers - 1}`; without biases there is none. */
  params: Params;
  /** [layers, B, H], zeros when absent */
  h0?: Float64Array;
}

export interface LstmArguments extends RecurrentArguments {
  /** [layers, B, H], zeros when absent */
  c0?: Float64Array;
}

/** Gradients of the loss in the results; one that is absent is zero. */
export interface RecurrentGradients {
  /** [T, B, H] */
  output?: Float64Array;
  /** [layers, B, H] */
  hN?: Float64Array;
  /** [layers, B, H] */
  cN?: Float64Array;
}

/** torch.nn.LSTM */
export function lstm(args: LstmArguments) {
  return stack(lstmCell, args, args.c0 ?? new Float64Array(args.layers * args.B * args.H));
}

/** torch.nn.RNN */
export function rnn({
  nonlinearity = 'tanh',
  ...args
}: RecurrentArguments & { nonlinearity?: 'tanh' | 'relu' }) {
  const { output, hN, backward } = stack(
    nonlinearity === 'tanh' ? tanhCell : reluCell,
    args,
    new Float64Array(0),
  );
  return {
    output,
    hN,
    backward(grads: Omit<RecurrentGradients, 'cN'>) {
      const { input, h0, params } = backward(grads);
      return { input, h0, params };
    },
  };
}

/** The output of each layer is the input of the next. */
function stack(cell: Cell, { input, T, B, I, H, layers, params, h0 }: RecurrentArguments, c0: Float64Array) {
  const states = h0 ?? new Float64Array(layers * B * H);
  const part = (all: Float64Array, l: number) =>
    all.slice((l * all.length) / layers, ((l + 1) * all.length) / layers);
  const tapes: ReturnType<typeof layer>[] = [];
  let below = input;
  for (let l = 0; l < layers; l++) {
    const sizes = { T, B, I: l === 0 ? I : H, H };
    tapes.push(layer(cell, below, part(states, l), part(c0, l), layerParams(params, l), sizes));
    below = tapes[l].output;
  }

  function backward(grads: RecurrentGradients) {
    const dhN = grads.hN ?? new Float64Array(layers * B * H);
    const dcN = grads.cN ?? new Float64Array(c0.length);
    const paramGrads = new Map<string, Float64Array>();
    let d = grads.output ?? new Float64Array(T * B * H);
    const first: { h: Float64Array; c: Float64Array }[] = [];
    for (let l = layers - 1; l >= 0; l--) {
      const result = tapes[l].backward(d, part(dhN, l), part(dcN, l));
      d = result.input;
      first.unshift({ h: result.h0, c: result.c0 });
      for (const [name, grad] of result.params) paramGrads.set(`${name}_l${l}`, grad);
    }
    return {
      input: d,
      h0: concat(first.map((s) => s.h)),
      c0: concat(first.map((s) => s.c)),
      params: paramGrads,
    };
  }

  return { output: below, hN: concat(tapes.map((t) => t.hN)), cN: concat(tapes.map((t) => t.cN)), backward };
}

/**
 * One layer over time: a_t = x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh, then the cell.
 */
function layer(
  cell: Cell,
  input: Float64Array,
  h0: Float64Array,
  c0: Float64Array,
  params: Params,
  sizes: Sizes,
) {
  const { T, B, I, H } = sizes;
  const G = cell.gates * H;
  const steps: CellStep[] = [];
  let [h, c] = [h0, c0];
  for (let t = 0; t < T; t++) {
    const a = new Float64Array(B * G);
    addProduct(a, input.subarray(t * B * I, (t + 1) * B * I), named(params, 'weight_ih'), B, G, I);
    addProduct(a, h, named(params, 'weight_hh'), B, G, H);
    for (const name of ['bias_ih', 'bias_hh']) if (params.has(name)) addBias(a, named(params, name), B);
    steps.push(cell.step(a, c, B, H));
    ({ h, c } = steps[t]);
  }
  return {
    output: concat(steps.map((step) => step.h)),
    hN: h,
    cN: c,
    backward: (dOutput: Float64Array, dhN: Float64Array, dcN: Float64Array) =>
      layerBackward({ steps, input, h0, params, G, ...sizes }, dOutput, dhN, dcN),
  };
}

interface LayerTape extends Sizes {
  steps: CellStep[];
  input: Float64Array;
  h0: Float64Array;
  params: Params;
  G: number;
}

function layerBackward(tape: LayerTape, dOutput: Float64Array, dhN: Float64Array, dcN: Float64Array) {
  const { steps, input, h0, params, T, B, I, H, G } = tape;
  const grads = new Map([...params].map(([name, value]) => [name, new Float64Array(value.length)]));
  const dInput = new Float64Array(T * B * I);
  let [dh, dc] = [dhN.slice(), dcN];
  for (let t = T - 1; t >= 0; t--) {
    for (let at = 0; at < B * H; at++) dh[at] += dOutput[t * B * H + at];
    const { da, dcPrevious } = steps[t].backward(dh, dc);
    const x = input.subarray(t * B * I, (t + 1) * B * I);
    addInputGradient(dInput.subarray(t * B * I, (t + 1) * B * I), da, named(params, 'weight_ih'), B, G, I);
    addWeightGradient(named(grads, 'weight_ih'), da, x, B, G, I);
    addWeightGradient(named(grads, 'weight_hh'), da, t === 0 ? h0 : steps[t - 1].h, B, G, H);
    for (const name of ['bias_ih', 'bias_hh'])
      if (grads.has(name)) addBiasGradient(named(grads, name), da, B);
    dh = new Float64Array(B * H);
    addInputGradient(dh, da, named(params, 'weight_hh'), B, G, H);
    dc = dcPrevious;
  }
  return { input: dInput, h0: dh, c0: dc, params: grads };
}

/** The parameters of layer l, without the suffix. */
function layerParams(params: Params, l: number): Params {
  const suffix = `_l${l}`;
  const own = [...params].filter(([name]) => name.endsWith(suffix));
  return new Map(own.map(([name, value]) => [name.slice(0, -suffix.length), value]));
}

function concat(parts: Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
