import { evaluators } from './activations.js';
import type { OnnxTensor, RecurrentNode } from './format.js';

/** What the operators' text says, in float64, so that two implementations that differ have a judge. */
export interface Reading {
  /** `clip` bounds the input of every activation, that of the cell too; onnxruntime leaves the cell's alone. */
  clipsCell?: boolean;
  /** In place of the activations that the text gives, for each direction. */
  activations?: ((x: number) => number)[][];
}

type Direction = ReturnType<typeof directionOf>;

interface State {
  h: Float64Array;
  c: Float64Array;
}

/** Y [T, directions, B, H] and Y_h, Y_c [directions, B, H], or batch first with layout 1. */
export function evaluate(node: RecurrentNode, reading: Reading = {}): Record<string, Float64Array> {
  const { attributes, inputs, operator } = node;
  const { hidden_size: H, direction = 'forward', layout = 0 } = attributes;
  const { data, shape } = inputs['X'];
  const [T, B] = layout === 0 ? shape : [shape[1], shape[0]];
  const [D, I] = [direction === 'bidirectional' ? 2 : 1, shape[2]];
  const at = (t: number, d: number, b: number) =>
    (layout === 0 ? (t * D + d) * B + b : (b * T + t) * D + d) * H;
  const atState = (d: number, b: number) => (layout === 0 ? d * B + b : b * D + d) * H;
  const [Y, Y_h, Y_c] = [T * D * B * H, D * B * H, D * B * H].map((size) => new Float64Array(size));
  for (let d = 0; d < D; d++) {
    const own = directionOf(node, reading, d, D);
    for (let b = 0; b < B; b++) {
      const steps = inputs['sequence_lens']?.data[b] ?? T;
      const state = (name: string) =>
        Float64Array.from({ length: H }, (_, u) => inputs[name]?.data[atState(d, b) + u] ?? 0);
      const s: State = { h: state('initial_h'), c: state('initial_c') };
      for (let n = 0; n < steps; n++) {
        const t = direction === 'reverse' || d === 1 ? steps - 1 - n : n;
        const from = (layout === 0 ? t * B + b : b * T + t) * I;
        STEPS[operator](s, Float64Array.from(data.subarray(from, from + I)), own);
        Y.set(s.h, at(t, d, b));
      }
      Y_h.set(s.h, atState(d, b));
      Y_c.set(s.c, atState(d, b));
    }
  }
  return { Y, Y_h, ...(operator === 'LSTM' && { Y_c }) };
}

function directionOf(
  { operator, attributes, inputs }: RecurrentNode,
  reading: Reading,
  d: number,
  D: number,
) {
  const { hidden_size: H, clip, input_forget, linear_before_reset } = attributes;
  const own = (name: string) => part(inputs[name], d, D);
  const functions = reading.activations ?? evaluators(operator, attributes, D);
  return {
    W: own('W') as ArrayLike<number>,
    R: own('R') as ArrayLike<number>,
    B: own('B'),
    P: own('P'),
    f: functions[d],
    clip: (x: number) => (clip === undefined ? x : Math.min(clip, Math.max(-clip, x))),
    clipsCell: reading.clipsCell ?? true,
    H,
    I: inputs['X'].shape[2],
    coupled: input_forget === 1,
    linearBeforeReset: linear_before_reset === 1,
  };
}

/** Direction d's share of a tensor whose first dimension is the direction. */
function part(tensor: OnnxTensor | undefined, d: number, directions: number) {
  if (tensor === undefined) return undefined;
  const size = tensor.data.length / directions;
  return tensor.data.subarray(d * size, (d + 1) * size);
}

/** Row `row` of W x, and of R h, each with its bias. */
function input({ W, B, I }: Direction, x: Float64Array, row: number) {
  return x.reduce((sum, value, k) => sum + value * W[row * I + k], B?.[row] ?? 0);
}

function recurrent({ R, B, H }: Direction, h: Float64Array, row: number) {
  const bias = B === undefined ? 0 : B[B.length / 2 + row];
  return h.reduce((sum, value, k) => sum + value * R[row * H + k], bias);
}

const STEPS = {
  /** Blocks i o f c of the matrices, i o f of the peepholes. */
  LSTM(s: State, x: Float64Array, d: Direction): void {
    const { H, P, f, clip, coupled, clipsCell } = d;
    const a = Float64Array.from({ length: 4 * H }, (_, row) => input(d, x, row) + recurrent(d, s.h, row));
    const c = s.c.map((previous, u) => {
      const peep = (block: number) => (P === undefined ? 0 : P[block * H + u] * previous);
      const i = f[0](clip(a[u] + peep(0)));
      const forget = coupled ? 1 - i : f[0](clip(a[2 * H + u] + peep(2)));
      return forget * previous + i * f[1](clip(a[3 * H + u]));
    });
    s.h = c.map((now, u) => {
      const o = f[0](clip(a[H + u] + (P === undefined ? 0 : P[H + u] * now)));
      return o * f[2](clipsCell ? clip(now) : now);
    });
    s.c = c;
  },
  /** Blocks z r h. */
  GRU(s: State, x: Float64Array, d: Direction): void {
    const { H, f, clip, linearBeforeReset, R, B } = d;
    const gate = (row: number) => f[0](clip(input(d, x, row) + recurrent(d, s.h, row)));
    const r = s.h.map((_, u) => gate(H + u));
    const reset = s.h.map((value, u) => value * r[u]);
    s.h = s.h.map((previous, u) => {
      const row = 2 * H + u;
      const bias = B === undefined ? 0 : B[B.length / 2 + row];
      const inner = linearBeforeReset
        ? r[u] * recurrent(d, s.h, row)
        : reset.reduce((sum, value, k) => sum + value * R[row * H + k], bias);
      const z = gate(u);
      return (1 - z) * f[1](clip(input(d, x, row) + inner)) + z * previous;
    });
  },
  RNN(s: State, x: Float64Array, d: Direction): void {
    s.h = s.h.map((_, u) => d.f[0](d.clip(input(d, x, u) + recurrent(d, s.h, u))));
  },
};
