import { type ActivationSpec, activation } from '../reference/activations.js';
import { type Design, type Place, places } from '../reference/options.js';

/*
 * LSTM, GRU and RNN in float64 with a place to push at: any h_t or c_t may be moved, and the gates of one level may be held at what
 * they were. A gradient of a state is then a central difference, and the part that came along the cell alone is one with its gates held.
 */

type Vector = number[];
type Gates = Record<string, Vector>;

/** What is moved: h or c of one level after step t of one row, before anything reads it. */
export interface Push {
  suffix: string;
  state: 'h' | 'c';
  t: number;
  row: number;
  unit: number;
  by: number;
}

export interface Network extends Design {
  params: Readonly<Record<string, ArrayLike<number>>>;
  /** [row][t] */
  input: readonly (readonly Vector[])[];
  lengths?: readonly number[];
  mask?: readonly (readonly number[])[];
}

/** What each level did: [row][t]. */
export type Seen = Map<string, Trace[]>;

/** `cell` is c before zoneout. */
type Trace = { gates: Gates; h: Vector; c: Vector; cell: Vector }[];

/** Outputs [row][t] of the last level, and what was seen on the way; `held` are the gates that one level keeps. */
export function run(net: Network, push?: Push, held?: { suffix: string; of: Seen }) {
  const seen: Seen = new Map();
  const outputs = net.input.map((sequence, row) => {
    let below: Vector[] = sequence.map((x) => [...x]);
    for (const level of levelsOf(net)) {
      const ways = level.map((place) => {
        const own = push?.suffix === place.suffix && push.row === row ? push : undefined;
        const gates = held?.suffix === place.suffix ? held.of.get(place.suffix)?.[row] : undefined;
        const trace = walk(net, place, below, row, own, gates);
        seen.set(place.suffix, [...(seen.get(place.suffix) ?? []), trace]);
        return trace;
      });
      below = below.map((_, t) =>
        merge(
          net,
          ways.map((way) => way[t].h),
          t >= endOf(net, row),
        ),
      );
    }
    if (net.options.returnSequences ?? true) return below;
    const top = levelsOf(net).at(-1) as Place[];
    const last = top.map(
      ({ suffix, reverse }) => (seen.get(suffix) as Trace[])[row].at(reverse ? 0 : -1)?.h as Vector,
    );
    return [merge(net, last, false)];
  });
  return { outputs, seen };
}

function endOf({ lengths, input }: Network, row: number): number {
  return lengths?.[row] ?? input[row].length;
}

function levelsOf(net: Network): Place[][] {
  const all = places(net);
  const count = net.options.bidirectional ? 2 : 1;
  return Array.from({ length: all.length / count }, (_, n) => all.slice(n * count, (n + 1) * count));
}

function merge({ options }: Network, [a, b]: Vector[], behind: boolean): Vector {
  const joined = !b
    ? a
    : {
        concat: [...a, ...b],
        sum: a.map((x, n) => x + b[n]),
        mul: a.map((x, n) => x * b[n]),
        average: a.map((x, n) => (x + b[n]) / 2),
      }[options.merge ?? 'concat'];
  return behind ? joined.map(() => 0) : joined;
}

function walk(net: Network, place: Place, xs: Vector[], row: number, push?: Push, held?: { gates: Gates }[]) {
  const { hiddenSize: H, options } = net;
  const R = options.projSize ?? H;
  const start = (name: string, size: number) => [
    ...Array.from(net.params[name + place.suffix] ?? Array(size).fill(0)),
  ];
  let [h, c] = [start('h0', R), start('c0', H)];
  const trace: Trace = [];
  const order = [...xs.keys()];
  if (place.reverse) order.reverse();
  for (const t of order) {
    const here = push?.t === t ? push : undefined;
    const passes = t >= endOf(net, row) || net.mask?.[row][t] === 0;
    let [gates, cell]: [Gates, Vector] = [{}, c];
    if (passes) {
      [h, c] = [moved(h, here, 'h'), moved(c, here, 'c')];
    } else {
      const next = CELLS[net.kind](new Weights(net, place), xs[t], h, c, here, held?.[t].gates);
      const stays = zoneout(net);
      h = moved(mixed(stays.h, h, next.h), here, 'h');
      c = mixed(stays.c, c, next.c);
      [gates, cell] = [next.gates, next.c];
    }
    trace[t] = { gates, h, c, cell };
  }
  return trace;
}

/** What is expected of zoneout, which is what there is without training. */
export function zoneout({ options: { zoneout: given = 0 } }: Network): { h: number; c: number } {
  return typeof given === 'number' ? { h: given, c: given } : { h: 0, c: 0, ...given };
}

function mixed(stays: number, old: Vector, next: Vector): Vector {
  return next.map((value, n) => stays * old[n] + (1 - stays) * value);
}

function moved(values: Vector, push: Push | undefined, state: 'h' | 'c'): Vector {
  return push?.state === state
    ? values.map((value, n) => (n === push.unit ? value + push.by : value))
    : values;
}

class Weights {
  readonly net: Network;
  readonly #place: Place;

  constructor(net: Network, place: Place) {
    this.net = net;
    this.#place = place;
  }

  get(name: string): ArrayLike<number> | undefined {
    return this.net.params[name + this.#place.suffix];
  }

  /** W v of block `n`, with its bias. */
  times(part: 'ih' | 'hh', n: number, v: Vector): Vector {
    const W = this.get(`weight_${part}`) as ArrayLike<number>;
    const b = this.get(`bias_${part}`);
    const H = this.net.hiddenSize;
    return Array.from({ length: H }, (_, row) =>
      v.reduce((sum, x, k) => sum + W[(n * H + row) * v.length + k] * x, b?.[n * H + row] ?? 0),
    );
  }

  /** What stands at gate `n` before a norm of its own. */
  sum(n: number, x: Vector, h: Vector): Vector {
    const { layerNorm } = this.net.options;
    const parts = (['ih', 'hh'] as const).map((part) => {
      const v = part === 'ih' ? x : h;
      if (layerNorm === undefined) return this.times(part, n, v);
      const without = (m: number) => this.times(part, m, v).map((value, u) => value - this.#bias(part, m, u));
      if (layerNorm === 'gate') return without(n);
      const H = this.net.hiddenSize;
      const all = this.#normalized([0, 1, 2, 3].flatMap(without)).slice(n * H, (n + 1) * H);
      return all.map((value, u) => this.#shifted(value, `_ln_${part}`, n * H + u) + this.#bias(part, n, u));
    });
    return parts[0].map((value, at) => value + parts[1][at]);
  }

  /** A gate's own norm, the biases behind it. */
  read(n: number, a: Vector): Vector {
    if (this.net.options.layerNorm !== 'gate') return a;
    const gain = this.get('weight_ln') as ArrayLike<number>;
    return this.#normalized(a).map(
      (value, u) => value * gain[n * a.length + u] + this.#bias('ih', n, u) + this.#bias('hh', n, u),
    );
  }

  /** What the cell's nonlinearity reads. */
  readCell(c: Vector): Vector {
    if (this.net.options.layerNorm !== 'cell') return c;
    return this.#normalized(c).map((value, u) => this.#shifted(value, '_ln_c', u));
  }

  #bias(part: 'ih' | 'hh', n: number, unit: number): number {
    return this.get(`bias_${part}`)?.[n * this.net.hiddenSize + unit] ?? 0;
  }

  #shifted(value: number, name: string, at: number): number {
    const [gain, shift] = [this.get(`weight${name}`), this.get(`bias${name}`)] as ArrayLike<number>[];
    return value * gain[at] + shift[at];
  }

  #normalized(values: Vector): Vector {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    const { normEpsilon = 1e-5 } = this.net.options;
    return values.map((x) => (x - mean) / Math.sqrt(variance + normEpsilon));
  }

  /** A nonlinearity under the bound, where there is one. */
  through(which: number, a: Vector): Vector {
    const { clip, nonlinearity, activations = nonlinearity && [nonlinearity] } = this.net.options;
    const specs = (activations ?? DEFAULTS[this.net.kind]) as readonly ActivationSpec[];
    const { value } = activation(specs[which]);
    return a.map((x) => value(clip ? Math.min(Math.max(x, -clip), clip) : x));
  }
}

const DEFAULTS = { LSTM: ['sigmoid', 'tanh', 'tanh'], GRU: ['sigmoid', 'tanh'], RNN: ['tanh'] } as const;

type Cell = (
  w: Weights,
  x: Vector,
  h: Vector,
  c: Vector,
  push?: Push,
  held?: Gates,
) => { h: Vector; c: Vector; gates: Gates };

const CELLS: Record<Design['kind'], Cell> = { LSTM: lstm, GRU: gru, RNN: rnn };

function lstm(w: Weights, x: Vector, h: Vector, c: Vector, push?: Push, held?: Gates) {
  const { coupled, cellClip, projSize } = w.net.options;
  const H = w.net.hiddenSize;
  const peepholes = w.get('weight_peephole');
  const seen = (n: number, peephole: number, cell: Vector) =>
    w.sum(n, x, h).map((a, u) => a + (peepholes?.[peephole * H + u] ?? 0) * cell[u]);
  const i = held?.i ?? w.through(0, w.read(0, seen(0, 0, c)));
  const f = held?.f ?? (coupled ? i.map((u) => 1 - u) : w.through(0, w.read(1, seen(1, 1, c))));
  const g = held?.g ?? w.through(1, w.read(2, w.sum(2, x, h)));
  const bound = (value: number) => (cellClip ? Math.min(Math.max(value, -cellClip), cellClip) : value);
  const next = moved(
    c.map((value, u) => bound(f[u] * value + i[u] * g[u])),
    push,
    'c',
  );
  const o = held?.o ?? w.through(0, w.read(3, seen(3, 2, next)));
  const shown = w.through(2, w.readCell(next)).map((value, u) => value * o[u]);
  const weight = w.get('weight_hr');
  const out = !projSize
    ? shown
    : Array.from({ length: projSize }, (_, r) =>
        shown.reduce((sum, v, u) => sum + (weight?.[r * H + u] ?? 0) * v, 0),
      );
  return { h: out, c: next, gates: { i, f, g, o } };
}

function gru(w: Weights, x: Vector, h: Vector, c: Vector, _push?: Push, held?: Gates) {
  const { resetAfter = true } = w.net.options;
  const [r, z] = [0, 1].map((n) => w.through(0, w.sum(n, x, h)));
  const hidden = resetAfter
    ? w.times('hh', 2, h).map((m, u) => m * r[u])
    : w.times(
        'hh',
        2,
        h.map((value, u) => value * r[u]),
      );
  const n = w.through(
    1,
    w.times('ih', 2, x).map((a, u) => a + hidden[u]),
  );
  const gates = held ?? { r, z, n };
  return { h: h.map((value, u) => (1 - gates.z[u]) * gates.n[u] + gates.z[u] * value), c, gates };
}

function rnn(w: Weights, x: Vector, h: Vector, c: Vector) {
  return { h: w.through(0, w.sum(0, x, h)), c, gates: {} };
}
