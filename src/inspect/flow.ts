import type { GateRole } from '../layers/cell.js';
import type { Layer } from '../layers/layer.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import { type Batch, checkBatch, type Loss, lossMask, paddingOf } from '../training/batch.js';
import { checkOptions } from '../validation/options.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import type { TracedLevel, Values } from './level.js';
import { checkModel, record } from './recording.js';
import { flowWarnings, saturationWarnings } from './warnings.js';

/** The gates that say how much of a state stays. */
const KEEPS: readonly GateRole[] = ['forget', 'update'];

/** What gradients are followed from: targets for a loss, or the gradient of the output itself. */
export type FlowBatch<Target> =
  | Batch<Target>
  | (Omit<Batch<Target>, 'target'> & {
      /** ∂loss/∂output, of the output's shape. */
      readonly grad: Tensor;
    });

/**
 * The gradients that arrive at each step of one level in one direction: norms over all units of all sequences of the batch, one for each step of
 * the input, whatever the direction. What is behind a sequence's end does not count.
 */
export interface LayerFlow {
  /** As the parameters name it: `l0`, `l1_reverse`, in a Sequential `1.l0`. */
  readonly name: string;
  readonly cell: 'LSTM' | 'GRU' | 'RNN';
  /** ‖∂loss/∂h_t‖ [time] */
  readonly dh: Float64Array;
  /** ‖∂loss/∂c_t‖ [time], of an LSTM; under `zoneout` of the cell before the old one is mixed in */
  readonly dc?: Float64Array;
  /**
   * Of an LSTM ‖c̃_t‖ [time], the part of ∂loss/∂c_t that came along the cell alone: c̃_t = f_(t+1)∘c̃_(t+1) + o_t∘(1 − tanh² c_t)∘s_t, s_t being
   * what the loss or the layer above sends to h_t. Of a GRU the part of ∂loss/∂h_t that came along h alone: h̃_t = z_(t+1)∘h̃_(t+1) + s_t.
   */
  readonly alongCell?: Float64Array;
  /** The norm of the rest [time], which came through the gates and the recurrent weights. */
  readonly throughGates?: Float64Array;
  /** The product of the forget gates (of a GRU, z) from step t + 1 to the last, [time]: its mean over all units of all sequences. */
  readonly forgetProduct?: Float64Array;
}

export interface GradientFlow {
  /** The loss, where it was one. */
  readonly loss?: number;
  readonly layers: readonly LayerFlow[];
  /** What is amiss, in words; see {@link gradientFlow}. */
  readonly warnings: readonly string[];
}

/**
 * How the gradient of a loss flows back through time: exact, from a backward of each step by itself, with the bits that training has up
 * to the order of a sum. It is that of a forward where nothing is trained: dropout is off, zoneout keeps its expected part. Sequences begin
 * from zeros or what `learnInitial` holds, and neither the model nor its gradients are touched.
 *
 * Options of the cell change the equation as they change the cell: under `activations` tanh is ψ, under `cellClip` f counts as 0 where the bound
 * holds c, under `coupled` f = 1 − i, with `projSize` s_t comes back through `weight_hr`; at a masked step the cell passes on all. The norm of
 * `layerNorm: 'cell'` is no gate: the way from h_t to c_t goes through its Jacobian, which ties the units of a step together: c̃_t of one
 * unit then has a part of what was sent to the others. `gate` is part of the gates.
 *
 * Under `zoneout` c_t is the new cell ĉ_t, which h_t and, to the part 1 − z, the state c'_t take up: with k_t for what comes along the cell
 * to c'_t, c̃_t = (1 − z)∘k_t + o_t∘(1 − tanh² ĉ_t)∘s_t and k_(t−1) = z∘k_t + f_t∘c̃_t. What is sent to h_t lies in s_t to the part 1 − z
 * of h, and to the part z in s_(t−1). A forget gate counts as z + (1 − z)∘f in the product; a GRU's z in the same way.
 *
 * Warnings: a level's ‖∂loss/∂h_t‖ falls below 10⁻⁶ of its largest and stays there to the step computed first (it vanishes), or
 * rises above 10³ times that of the step computed last, or is not finite (it explodes); and those of {@link gates}.
 *
 * Source: Hochreiter & Schmidhuber 1997 for the path along the cell; Pascanu, Mikolov & Bengio 2013 for norms over time.
 *
 * @param model - an LSTM, GRU or RNN, or a Sequential of this package's layers with one in it
 * @param batch - `input`, with `target` as for `Trainer` and `loss` in the options, or with `grad`, the gradient of the output; `lengths`, `mask`
 * @throws TypeError for another kind of model or argument, or an unknown option; RangeError for another shape
 *
 * @example
 * ```ts
 * import { Linear, LSTM, mse, Sequential } from 'lstm-wasm';
 * import { gradientFlow } from 'lstm-wasm/inspect';
 * const lstm = new LSTM(1, 8, { returnSequences: false, forgetBias: 5, seed: 1 });
 * const model = new Sequential(lstm, new Linear(8, 1, { seed: 2 }));
 * const input = { data: new Float32Array(60).fill(0.5), shape: [1, 60, 1] };
 * const target = { data: new Float32Array(1), shape: [1, 1] };
 * const { layers } = gradientFlow(model, { input, target }, { loss: mse });
 * const { name, dc, alongCell } = layers[0]!;
 * console.log(name, dc!.length, alongCell![0]! / alongCell![59]! > 0.5); // 0.l0 60 true
 * ```
 */
export function gradientFlow<Target>(
  model: Layer,
  batch: FlowBatch<Target>,
  options: { loss?: Loss<Target> } = {},
): GradientFlow {
  checkOptions(options, ['loss'], 'gradientFlow');
  const checked = checkModel('gradientFlow', model);
  checkBatch(batch);
  const sequence = paddingOf(batch as Batch<Target>) as SequenceOptions;
  return record(checked, batch.input, sequence, (recording) => {
    const { output, levels } = recording;
    const { loss, gradient } = gradientOf(model, batch, output, options.loss);
    const saturation = levels.map(saturationWarnings);
    recording.backward(gradient);
    const layers = levels.map(layerFlow);
    const warnings = levels.flatMap((level, n) => [
      ...flowWarnings(layers[n] as LayerFlow, level.reverse),
      ...(saturation[n] as string[]),
    ]);
    return { ...(loss !== undefined && { loss }), layers, warnings };
  });
}

function gradientOf<Target>(
  model: Layer,
  batch: FlowBatch<Target>,
  output: Tensor,
  lossOf: Loss<Target> | undefined,
): { loss?: number; gradient: Tensor } {
  const given = 'grad' in batch;
  if (given === (lossOf !== undefined))
    throw new TypeError(
      `gradientFlow expected ${given ? 'either a grad or a loss, got both' : 'a loss for the target, { loss }, or grad, the gradient of the output, in the batch'}`,
    );
  if (given) return { gradient: checkTensorOf('grad', batch.grad, output.shape, 'of the output') };
  if (typeof lossOf !== 'function') throw new TypeError(`loss expected a function, got ${typeof lossOf}`);
  const { loss, grad } = lossOf(output, batch.target, {
    ...lossMask(model, output, batch),
    runtime: model.runtime,
  });
  return { loss, gradient: checkTensorOf('grad', grad, output.shape, 'of the output') };
}

/** What was found at one level, as norms. */
function layerFlow(level: TracedLevel): LayerFlow {
  const { name, cell, trace } = level;
  const { dh, dc, along, stays } = trace;
  const found = { name, cell: level.type as LayerFlow['cell'], dh: normsOf(level, dh) };
  if (!Object.values(cell.gateRoles).some((role) => KEEPS.includes(role))) return found;
  return {
    ...found,
    ...(cell.hasCell && { dc: normsOf(level, dc) }),
    alongCell: normsOf(level, along),
    throughGates: normsOf(level, cell.hasCell ? dc : dh, along),
    forgetProduct: meansOf(level, stays),
  };
}

/** The norm of each step, of values or of how far they are from `others`. */
function normsOf(level: TracedLevel, values: Values, others?: Values): Float64Array {
  const sums = new Float64Array(level.steps);
  for (const row of level.rows) {
    const less = others && level.row(others, row);
    for (const [n, value] of level.row(values, row).entries()) {
      const rest = value - (less?.[n] ?? 0);
      sums[row.step] = (sums[row.step] as number) + rest * rest;
    }
  }
  return sums.map(Math.sqrt);
}

function meansOf(level: TracedLevel, values: Values): Float64Array {
  const [sums, counts] = [new Float64Array(level.steps), new Float64Array(level.steps)];
  for (const row of level.rows) {
    for (const value of level.row(values, row)) sums[row.step] = (sums[row.step] as number) + value;
    counts[row.step] = (counts[row.step] as number) + values.width;
  }
  return sums.map((sum, t) => sum / (counts[t] || 1));
}
