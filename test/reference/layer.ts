import { type Design, directionCount, outputSize, type Place, places, stateSize } from './options.js';
import {
  activationsOf,
  type Draws,
  type Level,
  type Margins,
  type State,
  step,
  type Vector,
} from './steps.js';

/** Numbers in row-major order. */
export interface Values {
  data: Vector;
  shape: readonly number[];
}

export interface LayerArguments extends Design {
  params: Readonly<Record<string, Values>>;
  /** [batch, time, inputSize] */
  input: Values;
  /** [numLayers · directions, batch, ·]; what `learnInitial` holds, or zeros, when absent */
  h0?: Values;
  c0?: Values;
  /** One for each sequence; all of `time` when absent */
  lengths?: readonly number[];
  /** [batch, time], 0 for what is masked */
  mask?: readonly number[];
  draws?(place: Place, row: number): Draws;
}

/** A float64 LSTM, GRU or RNN with all options: nothing but the forward pass, sequence by sequence. */
export function recurrentLayer(args: LayerArguments) {
  const [batch = 0, time = 0] = args.input.shape;
  const margins: Margins = { kink: Number.POSITIVE_INFINITY, deviation: Number.POSITIVE_INFINITY };
  const all = places(args);
  const levels = all.map((place) => levelOf(args, place, margins));
  const rows = Array.from({ length: batch }, (_, row) => sequence(args, levels, row));
  const { returnSequences = true } = args.options;
  const width = outputSize(args);
  const states = (name: 'h' | 'c', size: number): Values => ({
    data: all.flatMap((_, n) => rows.flatMap(({ last }) => [...last[n][name]])),
    shape: [all.length, batch, size],
  });
  return {
    output: {
      data: rows.flatMap(({ output }) => output.flatMap((y) => [...y])),
      shape: returnSequences ? [batch, time, width] : [batch, width],
    },
    hN: states('h', stateSize(args)),
    ...(args.kind === 'LSTM' && { cN: states('c', args.hiddenSize) }),
    margins,
  };
}

function levelOf(args: LayerArguments, place: Place, margins: Margins): Level {
  const own = Object.entries(args.params).filter(([name]) => name.endsWith(place.suffix));
  return {
    ...{ design: args, place, margins, draws: {} },
    params: new Map(own.map(([name, { data }]) => [name.slice(0, -place.suffix.length), data])),
    activations: activationsOf(args, place),
  };
}

/** The outputs of one sequence, and the last state of each level and direction. */
function sequence(args: LayerArguments, levels: readonly Level[], row: number) {
  const [, time = 0, size = 0] = args.input.shape;
  const input = Array.from({ length: time }, (_, t) =>
    args.input.data.slice((row * time + t) * size, (row * time + t + 1) * size),
  );
  const count = directionCount(args);
  const last: State[] = [];
  let below: Vector[] = input;
  for (let first = 0; first < levels.length; first += count) {
    const ways = levels.slice(first, first + count).map((level, n) => {
      const draws = args.draws?.(level.place, row) ?? {};
      return walk({ ...level, draws }, args, below, row, initialState(args, level, first + n, row));
    });
    last.push(...ways.map((way) => way.last));
    below = below.map((_, t) =>
      merged(
        args,
        ways.map(({ outputs }) => outputs[t]),
      ),
    );
  }
  if (args.options.returnSequences ?? true) return { output: below, last };
  return {
    output: [
      merged(
        args,
        last.slice(-count).map(({ h }) => h),
      ),
    ],
    last,
  };
}

function initialState(args: LayerArguments, { params }: Level, n: number, row: number): State {
  const take = (name: 'h0' | 'c0', size: number): Vector => {
    const given = args[name];
    if (!given) return params.get(name) ?? new Array(size).fill(0);
    const at = (n * (given.shape[1] ?? 0) + row) * size;
    return given.data.slice(at, at + size);
  };
  return { h: take('h0', stateSize(args)), c: args.kind === 'LSTM' ? take('c0', args.hiddenSize) : [] };
}

/** Over time, in the level's direction. Steps behind the end are not walked, and masked ones change nothing. */
function walk(level: Level, args: LayerArguments, input: Vector[], row: number, initial: State) {
  const { lengths, mask, options } = args;
  const time = input.length;
  const outputs: Vector[] = input.map(() => initial.h.map(() => 0));
  const steps = Array.from({ length: lengths?.[row] ?? time }, (_, t) => t);
  if (level.place.reverse) steps.reverse();
  let state = initial;
  for (const t of steps) {
    const masked = mask?.[row * time + t] === 0;
    if (!masked) state = step(level, input[t], state, t);
    if (!(masked && options.maskedOutput === 'zeros')) outputs[t] = state.h;
  }
  return { outputs, last: state };
}

function merged({ options }: LayerArguments, [a, b]: readonly Vector[]): Vector {
  if (b === undefined) return a;
  switch (options.merge ?? 'concat') {
    case 'concat':
      return [...a, ...b];
    case 'sum':
      return a.map((value, n) => value + b[n]);
    case 'average':
      return a.map((value, n) => (value + b[n]) / 2);
    case 'mul':
      return a.map((value, n) => value * b[n]);
  }
}
