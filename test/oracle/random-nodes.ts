import { FUNCTION_NAMES, takes } from '../helpers/onnx/activations.js';
import { evaluate } from '../helpers/onnx/equations.js';
import type { Attributes, OnnxTensor, Operator, RecurrentNode } from '../helpers/onnx/format.js';

export interface Draw {
  /** A whole number below `limit`. */
  below(limit: number): number;
  /** In [low, high), a float32. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  of<T>(values: readonly T[]): T;
}

/** Marsaglia 2003, xorshift on 32 bits; its first values are close for seeds that are, so they are dropped. */
export function drawFrom(seed: number): Draw {
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let n = 0; n < 16; n++) next();
  return {
    below: (limit) => Math.floor(next() * limit),
    between: (low, high) => Math.fround(low + next() * (high - low)),
    chance: (probability) => next() < probability,
    of: (values) => values[Math.floor(next() * values.length)],
  };
}

const GATES = { LSTM: 4, GRU: 3, RNN: 1 };
const FUNCTIONS = { LSTM: 3, GRU: 2, RNN: 1 };
/** Lanes of four, and the tails beside them. */
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 17, 33];
const ROWS = [1, 2, 3, 4, 5, 8, 9, 17];

/** The first that stays small of those that a seed draws: what grows without bound overflows the softplus of onnxruntime. */
export function randomNode(seed: number): RecurrentNode {
  const draw = drawFrom(seed);
  for (;;) {
    const node = drawNode(draw);
    const values = Object.values(evaluate(node));
    if (values.every((data) => data.every((value) => Math.abs(value) < 50))) return node;
  }
}

/** A node with a chance of everything that its operator has, but for what onnxruntime does in its own way (departures.test.ts). */
function drawNode(draw: Draw): RecurrentNode {
  const operator = draw.of<Operator>(['LSTM', 'LSTM', 'GRU', 'GRU', 'RNN']);
  const [H, I, T, B] = [draw.of(SIZES), draw.of(SIZES), 1 + draw.below(7), draw.of(ROWS)];
  const direction = draw.of(['forward', 'reverse', 'bidirectional', 'bidirectional'] as const);
  const D = direction === 'bidirectional' ? 2 : 1;
  const attributes: Attributes = {
    hidden_size: H,
    direction,
    ...(draw.chance(0.6) && activationsOf(draw, operator, D)),
    ...(draw.chance(0.4) && { clip: draw.between(0.2, 1.5) }),
    ...(operator === 'LSTM' && draw.chance(0.3) && { input_forget: 1 }),
    ...(operator === 'GRU' && { linear_before_reset: draw.below(2) }),
  };
  return { operator, attributes, inputs: inputsOf(draw, operator, { D, H, I, T, B }) };
}

type Sizes = Record<'D' | 'H' | 'I' | 'T' | 'B', number>;

/** Random values for what a node must have, and for some or all of what it can have. */
export function inputsOf(draw: Draw, operator: Operator, { D, H, I, T, B }: Sizes, all = false) {
  const scale = 1.5 / Math.sqrt(H);
  const gates = GATES[operator];
  const tensor = (most: number, ...shape: number[]): OnnxTensor => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () =>
      draw.between(-most, most),
    );
    return { data, shape };
  };
  const lengths = (): OnnxTensor => ({
    data: Int32Array.from({ length: B }, () => 1 + draw.below(T)),
    shape: [B],
  });
  const isLstm = operator === 'LSTM';
  const has = (probability: number) => all || draw.chance(probability);
  return {
    X: tensor(1.5, T, B, I),
    W: tensor(1.5 / Math.sqrt(I), D, gates * H, I),
    R: tensor(scale, D, gates * H, H),
    ...(has(0.7) && { B: tensor(scale, D, 2 * gates * H) }),
    ...(has(0.5) && { sequence_lens: lengths() }),
    ...(has(0.5) && { initial_h: tensor(1, D, B, H) }),
    ...(isLstm && has(0.5) && { initial_c: tensor(1, D, B, H) }),
    ...(isLstm && has(0.5) && { P: tensor(scale, D, 3 * H) }),
  };
}

/** Values for alpha and beta are given or left to their defaults; where the defaults are in dispute they are given. */
function activationsOf(draw: Draw, operator: Operator, directions: number): Partial<Attributes> {
  const disputed = ['Affine', 'ScaledTanh', 'ThresholdedRelu'];
  const activations = Array.from({ length: directions * FUNCTIONS[operator] }, () => draw.of(FUNCTION_NAMES));
  const given = draw.chance(0.5) || activations.some((name) => disputed.includes(name));
  const values = (which: 'alpha' | 'beta', low: number, high: number) =>
    activations.filter((name) => takes(name)[which]).map(() => draw.between(low, high));
  const [alpha, beta] = [values('alpha', 0.1, 0.9), values('beta', 0.1, 0.9)];
  return {
    activations,
    ...(given && alpha.length > 0 && { activation_alpha: alpha }),
    ...(given && beta.length > 0 && { activation_beta: beta }),
  };
}

/** For the name of a test. */
export function describeNode({ operator, attributes, inputs }: RecurrentNode): string {
  const { hidden_size, direction, activations, ...others } = attributes;
  const [T, B, I] = inputs['X'].shape;
  const flags = Object.entries(others).map(([name, value]) =>
    typeof value === 'number' && value % 1 === 0 ? `${name} ${value}` : name,
  );
  const optional = Object.keys(inputs).filter((name) => !['X', 'W', 'R'].includes(name));
  return [
    `${operator} H${hidden_size} I${I} T${T} B${B} ${direction}`,
    ...flags,
    ...optional,
    activations?.join(','),
  ]
    .filter(Boolean)
    .join(' ');
}
