import { LSTM } from '../layers/lstm.js';
import type { Recurrent } from '../layers/recurrent.js';
import { type Looking, lookingAt, type Seen } from './cells.js';
import { copyOfLevel, type LevelParameters, parametersOf, type StepLayer } from './copies.js';
import { type Extent, each, type Rows, slices, zeros, zeroWhere } from './sequence.js';

/** What one level did in one direction, [steps, batch, ·] each, at the place of its input. */
export interface Trace {
  readonly h: Float32Array;
  /** Empty where there is no cell. */
  readonly c: Float32Array;
  /** What the layer hands on: h, 0 behind an end. */
  readonly y: Float32Array;
  /** h after the last step, [batch, ·]. */
  readonly last: Float32Array;
  readonly seen: readonly Seen[];
}

/** The gradients that arrive at each step of a level. */
export interface Arrived {
  /** ∂loss/∂h_t, and the part of it that the loss, or what is above, sends there without a later step between. */
  readonly dh: Float32Array;
  readonly dc: Float32Array;
  readonly sent: Float32Array;
  /** The gradient of the input, where it was wanted. */
  readonly dx: Float32Array | undefined;
}

/**
 * One level of a layer in one direction, step by step: each step is a recorded forward of its own, whose backward takes the gradients
 * of the states after it and gives those of the states before. So every one of them passes through here.
 */
export class UnrolledLevel {
  readonly level: number;
  readonly direction: number;
  readonly reverse: boolean;
  readonly suffix: string;
  readonly hasCell: boolean;
  readonly parameters: LevelParameters;
  readonly #layer: Recurrent;
  readonly #step: StepLayer;
  readonly #looking: Looking;

  constructor(layer: Recurrent, level: number, direction: number) {
    this.level = level;
    this.direction = direction;
    this.reverse = layer.reverse || direction > 0;
    this.suffix = `l${level}${direction > 0 ? '_reverse' : ''}`;
    this.hasCell = layer instanceof LSTM;
    this.parameters = parametersOf(layer, `_${this.suffix}`);
    this.#layer = layer;
    this.#step = copyOfLevel(layer, direction, this.parameters);
    this.#looking = lookingAt(layer, direction, this.parameters);
  }

  dispose(): void {
    this.#step.dispose();
    this.#looking.dispose();
  }

  /** The places of the input in the order in which they are computed. */
  order(steps: number): number[] {
    const order = [...Array(steps).keys()];
    return this.reverse ? order.reverse() : order;
  }

  forward(rows: Rows, extent: Extent, record: boolean): Trace {
    const { steps, batch, live, inside } = extent;
    const { stateSize: R, hiddenSize: H } = this.#layer;
    const [all, cells] = [zeros(steps, batch, R), zeros(steps, batch, this.hasCell ? H : 0)];
    let [h, c] = [this.#initial('h0', R, batch), this.#initial('c0', this.hasCell ? H : 0, batch)];
    const seen: Seen[] = [];
    for (const t of this.order(steps)) {
      const flags = live.subarray(t * batch, (t + 1) * batch);
      const x = rows(t);
      const { hN, cN } = this.#step.forward(
        { data: x, shape: [1, batch, x.length / batch] },
        {
          ...{ record, h0: { data: h, shape: [1, batch, R] } },
          ...(this.hasCell && { c0: { data: c, shape: [1, batch, H] } }),
          ...(flags.includes(0) && { mask: { data: flags, shape: [1, batch] } }),
        },
      );
      const next = cN?.data ?? c;
      seen[t] = passedOver(this.#looking.look(x, h, c, next), flags, this.hasCell);
      all.set(hN.data, t * batch * R);
      if (cN) cells.set(next, t * batch * H);
      [h, c] = [hN.data, next];
    }
    return { h: all, c: cells, y: zeroWhere(all.slice(), inside), last: h, seen };
  }

  #initial(name: 'h0' | 'c0', width: number, batch: number): Float32Array {
    const learned = this.parameters[name]?.data;
    return zeros(batch, width).map((_, n) => learned?.[n % width] ?? 0);
  }

  /** Backward over the latest recorded forward, from dy [steps, batch, R] and the gradient of h after the last step. */
  backward(
    trace: Trace,
    dy: Float32Array,
    dLast: Float32Array | undefined,
    extent: Extent,
    wantX: boolean,
  ): Arrived {
    const { steps, batch, live } = extent;
    const { stateSize: R, hiddenSize: H } = this.#layer;
    const order = this.order(steps).reverse();
    const [dh, sent, dc] = [zeros(steps, batch, R), zeros(steps, batch, R), zeros(trace.c.length)];
    const dx = zeros(steps, batch, wantX ? (this.parameters.weight_ih?.shape[1] ?? 0) : 0);
    let [h, c] = [zeros(batch, R), zeros(batch, this.hasCell ? H : 0)];
    let later = zeros(batch, R);
    const gradients = slices(dy, extent);
    for (const [n, t] of order.entries()) {
      const own = gradients(t);
      const above = n === 0 && dLast ? each((a, b) => a + b, own, dLast) : own;
      const total = each((a, b) => a + b, h, above);
      const after = n > 0 ? live.subarray((order[n - 1] as number) * batch) : undefined;
      later = each((a, b) => a + b, above, this.#carriedOn(later, after));
      sent.set(later, t * batch * R);
      dh.set(total, t * batch * R);
      if (this.hasCell) dc.set(this.#cellGradient(trace.seen[t] as Seen, total, c), t * batch * H);
      const { input, h0, c0 } = this.#step.backward(
        {
          hN: { data: total, shape: [1, batch, R] },
          ...(this.hasCell && { cN: { data: c, shape: [1, batch, H] } }),
        },
        { inputGradient: wantX },
      );
      if (input) dx.set(input.data, t * input.data.length);
      [h, c] = [h0.data, c0?.data ?? c];
    }
    return { dh, dc, sent, dx: wantX ? dx : undefined };
  }

  /**
   * The part of what is sent to h after a step that is sent to h before it, past cell and gates: by zoneout, and all where the step is
   * passed over. A GRU's own path has that already.
   */
  #carriedOn(sent: Float32Array, live: Uint8Array | undefined): Float32Array {
    if (!live || !this.hasCell) return zeros(sent.length);
    const [stays, width] = [Math.fround(this.#layer.zoneout.h), this.#layer.stateSize];
    // Not 0 · d, which is no number where a gradient explodes.
    const beside = (d: number) => (stays > 0 ? stays * d : 0);
    return sent.map((d, n) => (live[Math.floor(n / width)] ? beside(d) : d));
  }

  /** What arrives at the new cell from the step after it, and through h. */
  #cellGradient({ beside, open, peek }: Seen, dh: Float32Array, carried: Float32Array): Float32Array {
    const d = this.behindCell(dh);
    const through = open?.(d) ?? zeros(d.length);
    const whole = peek ? each((a, b) => a + b, through, peek(d)) : through;
    return beside
      ? each((a, b, z) => (1 - z) * a + b, carried, whole, beside)
      : each((a, b) => a + b, carried, whole);
  }

  /** The gradient of what the cell shows, before zoneout and projection, from that of h; of a GRU that of h. */
  behindCell(dh: Float32Array): Float32Array {
    if (!this.hasCell) return dh;
    const written = 1 - Math.fround(this.#layer.zoneout.h);
    const own = written < 1 ? dh.map((d) => written * d) : dh;
    return this.#beforeProjection(own);
  }

  #beforeProjection(dh: Float32Array): Float32Array {
    const weight = this.parameters.weight_hr;
    if (!weight) return dh;
    const [R = 0, H = 0] = weight.shape;
    const out = new Float32Array((dh.length / R) * H);
    for (let n = 0; n < out.length; n++) {
      const [row, unit] = [Math.floor(n / H), n % H];
      let sum = 0;
      for (let r = 0; r < R; r++) sum += (weight.data[r * H + unit] as number) * (dh[row * R + r] as number);
      out[n] = sum;
    }
    return out;
  }
}

/** The rows of a step that is passed over: all gates 0, the cell kept as it is and not shown. */
function passedOver(seen: Seen, flags: Uint8Array, hasCell: boolean): Seen {
  if (!flags.includes(0)) return seen;
  for (const values of Object.values(seen.gates)) zeroWhere(values, flags);
  const { gates, keep, beside, shown, open, peek } = seen;
  const hidden = (way: Exclude<Seen['open'], undefined>) => (d: Float32Array) =>
    zeroWhere(way(d).slice(), flags);
  return {
    gates,
    // A copy where it is a gate's own array, which is to stay 0.
    ...(keep && { keep: oneWhere(keep, flags) }),
    ...(beside && { beside: zeroWhere(beside, flags) }),
    ...(shown && { shown }),
    ...(open && { open: hasCell ? hidden(open) : open }),
    ...(peek && { peek: hidden(peek) }),
  };
}

function oneWhere(values: Float32Array, flags: Uint8Array): Float32Array {
  const width = values.length / flags.length;
  return values.map((value, n) => (flags[Math.floor(n / width)] ? value : 1));
}
