import type { Recurrent } from '../layers/recurrent.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import type { Integers, Tensor } from '../validation/tensor.js';
import {
  asRead,
  type Extent,
  each,
  extentOf,
  type Rows,
  rowsOf,
  slices,
  timeFirst,
  zeros,
  zeroWhere,
} from './sequence.js';
import { type Arrived, type Trace, UnrolledLevel } from './unrolled-level.js';

/** A level's trace, and after a backward what arrived there. */
export interface Walked {
  readonly level: UnrolledLevel;
  readonly trace: Trace;
  arrived?: Arrived;
}

type Arrays = readonly Float32Array[];

/** A recurrent layer taken apart: its levels and directions, each step by step. */
export class UnrolledLayer {
  readonly layer: Recurrent;
  readonly #levels: readonly (readonly UnrolledLevel[])[];
  #walked: Walked[][] = [];
  #extent: Extent | undefined;

  constructor(layer: Recurrent) {
    this.layer = layer;
    const directions = layer.bidirectional ? [0, 1] : [0];
    this.#levels = Array.from({ length: layer.numLayers }, (_, level) =>
      directions.map((direction) => new UnrolledLevel(layer, level, direction)),
    );
  }

  get walked(): readonly Walked[] {
    return this.#walked.flat();
  }

  get extent(): Extent {
    return this.#extent as Extent;
  }

  dispose(): void {
    for (const level of this.#levels.flat()) level.dispose();
  }

  /** The layer's output; `input` has passed the layer's own checks. */
  forward(input: Tensor | Integers, sequence: SequenceOptions, record: boolean): Tensor {
    const { layer } = this;
    const extent = extentOf(layer, input, sequence);
    this.#extent = extent;
    this.#walked = [];
    let rows: Rows = rowsOf(layer, input, extent);
    let output = zeros(0);
    for (const directions of this.#levels) {
      const walked = directions.map((level) => ({ level, trace: level.forward(rows, extent, record) }));
      this.#walked.push(walked);
      output = this.#merged(walked.map(({ trace }) => trace.y));
      rows = slices(output, extent);
    }
    if (layer.returnSequences) return asRead(this.#silenced(output), extent);
    const last = this.#merged((this.#walked.at(-1) as Walked[]).map(({ trace }) => trace.last));
    return { data: last, shape: extent.batched ? [extent.batch, layer.outputSize] : [layer.outputSize] };
  }

  /** The gradient of the input, where it is wanted; what arrived at each step stays in `walked`. */
  backward(output: Tensor, wantInput: boolean): Tensor | undefined {
    const { layer, extent } = this;
    const { steps, batch } = extent;
    const sequence = layer.returnSequences;
    let dy = sequence ? this.#silenced(timeFirst(output, extent)) : zeros(steps, batch, layer.outputSize);
    for (const [n, walked] of [...this.#walked.entries()].reverse()) {
      const top = n === this.#walked.length - 1;
      const dLast =
        top && !sequence
          ? this.#parted(
              output.data,
              walked.map(({ trace }) => trace.last),
            )
          : [];
      const parts = this.#parted(
        dy,
        walked.map(({ trace }) => trace.y),
      );
      for (const [d, one] of walked.entries()) {
        const own = zeroWhere(parts[d] as Float32Array, extent.inside);
        one.arrived = one.level.backward(one.trace, own, dLast[d], extent, n > 0 || wantInput);
      }
      const [first, second] = walked.map(({ arrived }) => arrived?.dx);
      if (!first) return undefined;
      dy = second ? each((a, b) => a + b, first, second) : first;
    }
    return asRead(dy, extent);
  }

  /** Zeros where the layer's output has them, and so no gradient. */
  #silenced(y: Float32Array): Float32Array {
    const { live, inside } = this.extent;
    return zeroWhere(y, this.layer.maskedOutput === 'zeros' ? live : inside);
  }

  /** One output of those of both directions. */
  #merged([a = zeros(0), b]: Arrays): Float32Array {
    if (!b) return a;
    const { merge, stateSize } = this.layer;
    if (merge === 'sum') return each((x, y) => x + y, a, b);
    if (merge === 'mul') return each((x, y) => x * y, a, b);
    if (merge === 'average') return each((x, y) => (x + y) / 2, a, b);
    const out = new Float32Array(2 * a.length);
    for (let n = 0; n < a.length; n += stateSize) {
      out.set(a.subarray(n, n + stateSize), 2 * n);
      out.set(b.subarray(n, n + stateSize), 2 * n + stateSize);
    }
    return out;
  }

  /** The gradients of both directions' outputs from that of what became of them. */
  #parted(d: Float32Array, [a = zeros(0), b]: Arrays): Arrays {
    if (!b) return [d.slice()];
    const { merge, stateSize: R } = this.layer;
    if (merge === 'sum') return [d.slice(), d.slice()];
    if (merge === 'mul') return [each((x, y) => x * y, d, b), each((x, y) => x * y, d, a)];
    if (merge === 'average') return [d.map((x) => x / 2), d.map((x) => x / 2)];
    return [0, R].map((from) =>
      zeros(a.length).map((_, n) => d[Math.floor(n / R) * 2 * R + from + (n % R)] as number),
    );
  }
}
