import type { GateRole } from '../layers/cell.js';
import type { Layer } from '../layers/layer.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import { type Batch, checkBatch, type Loss, lossMask, paddingOf } from '../training/batch.js';
import { checkLossResult } from '../training/batch-loss.js';
import { checkOptions } from '../validation/options.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import type { TracedLevel, Values } from './level.js';
import { checkModel, traced } from './traced-run.js';
import { flowWarnings, saturationWarnings } from './warnings.js';

/** The gates that control how much of a state remains. */
const FORGET_ROLES: readonly GateRole[] = ['forget', 'update'];

/** A batch with a target for the loss, or with the gradient of the output. */
export type FlowBatch<Target> =
  | Batch<Target>
  | (Omit<Batch<Target>, 'target'> & {
      /** ∂loss/∂output, of the output's shape. */
      readonly grad: Tensor;
    });

/**
 * The gradients at each step of one layer in one direction: norms over all units of all sequences in the batch, in the order of the input's
 * steps for both directions. Steps after a sequence's end do not count.
 */
export interface LayerFlow {
  /** The suffix of the parameter names: `l0`, `l1_reverse`; in a Sequential `1.l0`. */
  readonly name: string;
  readonly cell: 'LSTM' | 'GRU' | 'RNN';
  /** ‖∂loss/∂h_t‖ [time] */
  readonly dh: Float64Array;
  /** ‖∂loss/∂c_t‖ [time] of an LSTM; with `zoneout`, of the cell before it is mixed with the old one. */
  readonly dc?: Float64Array;
  /**
   * The norm [time] of the part that came along the cell alone. LSTM: the part of ∂loss/∂c_t with
   * c̃_t = f_(t+1)∘c̃_(t+1) + o_t∘(1 − tanh² c_t)∘s_t, where s_t is the gradient of h_t from the loss or the layer above. GRU: the part of
   * ∂loss/∂h_t with h̃_t = z_(t+1)∘h̃_(t+1) + s_t.
   */
  readonly alongCell?: Float64Array;
  /** The norm [time] of the rest, which came through the gates and the recurrent weights. */
  readonly throughGates?: Float64Array;
  /** The product of the forget gates (GRU: z) from step t + 1 to the last [time], averaged over all units of all sequences. */
  readonly forgetProduct?: Float64Array;
}

export interface GradientFlow {
  /** The loss, if the gradient came from one. */
  readonly loss?: number;
  readonly layers: readonly LayerFlow[];
  /** Problems found, in words; see {@link gradientFlow}. */
  readonly warnings: readonly string[];
}

/**
 * How the gradient of a loss flows back through time, at every step. The values are those of one recorded forward and backward without dropout;
 * zoneout uses its expected mixture. Sequences start from zeros or from the states of `learnInitial`. The model and its gradients are left
 * unchanged.
 *
 * `alongCell` is the result of the same backward with all gates held constant. How options change this path:
 * - `activations`: tanh is replaced by psi. `coupled`: f = 1 − i. `cellClip`: f counts as 0 where the cell is clamped. `projSize`: s_t
 *   passes through `weight_hr`. A masked step passes all of it on.
 * - `layerNorm: 'cell'` couples the units of a step: the path from h_t to c_t goes through the Jacobian of the norm, so c̃_t of one unit
 *   contains a part of the gradient of the others. `layerNorm: 'gate'` counts as part of the gates.
 * - `zoneout`: c_t is the new cell ĉ_t before it is mixed with the old one. Let k_t be the gradient of the mixed state along the cell:
 *   c̃_t = (1 − z)∘k_t + o_t∘(1 − tanh² ĉ_t)∘s_t and k_(t−1) = z∘k_t + f_t∘c̃_t. A gradient of h_t is split into 1 − z for s_t and z for
 *   s_(t−1). In the product a forget gate counts as z + (1 − z)∘f; a GRU's z likewise.
 *
 * Warnings: the gradient vanishes if ‖∂loss/∂h_t‖ falls below 10⁻⁶ of its largest value and stays there up to the first computed step;
 * it explodes if it rises above 10³ times that of the last computed step, or is not finite. The warnings of {@link gates} are included.
 *
 * Source: Hochreiter & Schmidhuber 1997 for the path along the cell; Pascanu, Mikolov & Bengio 2013 for norms over time.
 *
 * @param model - an LSTM, GRU or RNN, or a Sequential of this package's layers that contains one
 * @param batch - `input`, with `target` as for `Trainer` and `loss` in the options, or with `grad`, the gradient of the output; optionally
 *   `lengths` and `mask`
 * @throws TypeError for a model or argument of the wrong type, or an unknown option; RangeError for a wrong shape
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
  return traced(checked, batch.input, sequence, (run) => {
    const { output, levels } = run;
    const { loss, gradient } = gradientOf(model, batch, output, options.loss);
    const saturation = levels.map(saturationWarnings);
    run.backward(gradient);
    const layers = levels.map(layerFlow);
    const warnings = levels.flatMap((level, n) => [
      ...flowWarnings(level.name, (layers[n] as LayerFlow).dh, level.reverse),
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
  const hasGrad = 'grad' in batch;
  if (hasGrad === (lossOf !== undefined))
    throw new TypeError(
      hasGrad
        ? 'gradientFlow expected either grad or loss, got both'
        : 'gradientFlow expected a loss for the target, { loss }, or in the batch grad, the gradient of the output',
    );
  if (hasGrad) return { gradient: checkTensorOf('grad', batch.grad, output.shape, 'of the output') };
  if (typeof lossOf !== 'function') throw new TypeError(`loss expected a function, got ${typeof lossOf}`);
  const options = { ...lossMask(model, output.shape, batch), runtime: model.runtime };
  const { loss, grad } = checkLossResult(lossOf(output, batch.target, options), output.shape);
  return { loss, gradient: grad };
}

/** The traced gradients of one level as norms. */
function layerFlow(level: TracedLevel): LayerFlow {
  const { name, cell, trace } = level;
  const { dh, dc, alongCell, retention } = trace;
  const flow = { name, cell: level.type as LayerFlow['cell'], dh: normsOf(level, dh) };
  if (!Object.values(cell.gateRoles).some((role) => FORGET_ROLES.includes(role))) return flow;
  return {
    ...flow,
    ...(cell.hasCell && { dc: normsOf(level, dc) }),
    alongCell: normsOf(level, alongCell),
    throughGates: normsOf(level, cell.hasCell ? dc : dh, alongCell),
    forgetProduct: meanPerStep(level, retention),
  };
}

/** The norm at each step, of values or of their difference from `others`. */
function normsOf(level: TracedLevel, values: Values, others?: Values): Float64Array {
  const sums = new Float64Array(level.steps);
  for (const row of level.rows) {
    const other = others && level.row(others, row);
    for (const [n, value] of level.row(values, row).entries()) {
      const difference = value - (other?.[n] ?? 0);
      sums[row.step] = (sums[row.step] as number) + difference * difference;
    }
  }
  return sums.map(Math.sqrt);
}

/** The mean at each step. */
function meanPerStep(level: TracedLevel, values: Values): Float64Array {
  const [sums, counts] = [new Float64Array(level.steps), new Float64Array(level.steps)];
  for (const row of level.rows) {
    for (const value of level.row(values, row)) sums[row.step] = (sums[row.step] as number) + value;
    counts[row.step] = (counts[row.step] as number) + values.width;
  }
  return sums.map((sum, t) => sum / (counts[t] || 1));
}
