import type { GateRole } from '../layers/cell.js';
import type { Layer } from '../layers/layer.js';
import type { SequenceOptions } from '../layers/sequence-options.js';
import { type Batch, checkBatch, type Loss, lossMask, paddingOf } from '../training/batch.js';
import { checkOptions } from '../validation/options.js';
import { checkTensorOf, type Tensor } from '../validation/tensor.js';
import type { TracedLevel, Values } from './level.js';
import { checkModel, record } from './recording.js';
import { flowWarnings, saturationWarnings } from './warnings.js';

/** The gates that control how much of a state is kept. */
const KEEPS: readonly GateRole[] = ['forget', 'update'];

/** Where the gradient starts: targets for a loss, or the gradient of the output itself. */
export type FlowBatch<Target> =
  | Batch<Target>
  | (Omit<Batch<Target>, 'target'> & {
      /** ∂loss/∂output, with the output's shape. */
      readonly grad: Tensor;
    });

/**
 * The gradients at each step of one level in one direction. Norms are taken over all units and all sequences of the batch, one per
 * input step, in input order for both directions. Steps after the end of a sequence are not counted.
 */
export interface LayerFlow {
  /** As in the parameter names: `l0`, `l1_reverse`, in a Sequential `1.l0`. */
  readonly name: string;
  readonly cell: 'LSTM' | 'GRU' | 'RNN';
  /** ‖∂loss/∂h_t‖ [time] */
  readonly dh: Float64Array;
  /** LSTM only: ‖∂loss/∂c_t‖ [time]; with `zoneout`, of the cell state before the old one is mixed in. */
  readonly dc?: Float64Array;
  /**
   * LSTM: ‖c̃_t‖ [time], the part of ∂loss/∂c_t that came along the cell alone: c̃_t = f_(t+1)∘c̃_(t+1) + o_t∘(1 − tanh² c_t)∘s_t, where s_t is
   * what the loss or the layer above sends to h_t. GRU: the part of ∂loss/∂h_t that came along h alone: h̃_t = z_(t+1)∘h̃_(t+1) + s_t.
   */
  readonly alongCell?: Float64Array;
  /** The norm of the rest [time], which came through the gates and the recurrent weights. */
  readonly throughGates?: Float64Array;
  /** The product of the forget gates (GRU: z) from step t + 1 to the last [time], averaged over all units of all sequences. */
  readonly forgetProduct?: Float64Array;
}

export interface GradientFlow {
  /** The loss, if one was given. */
  readonly loss?: number;
  readonly layers: readonly LayerFlow[];
  /** Problems found; {@link gradientFlow} lists them. */
  readonly warnings: readonly string[];
}

/**
 * Measures how the gradient of a loss flows back through time. The values are exact: the layers' own backward writes them down as it
 * computes them. The forward runs in evaluation mode: dropout is off and zoneout uses its expected value. Sequences start from zeros
 * or from learned initial states. The model does not change: neither parameters, gradients, carried states nor recorded forwards.
 *
 * `alongCell` is what the same backward gives with all gates held constant, so options of the cell change it as they change the cell:
 * - `activations`: tanh is replaced by ψ.
 * - `cellClip`: f counts as 0 where c is clipped.
 * - `coupled`: f = 1 − i.
 * - `projSize`: s_t comes back through `weight_hr`.
 * - A masked step passes everything on.
 * - `layerNorm: 'cell'` is not a gate: its Jacobian is part of the path from h_t to c_t and mixes the units of a step, so c̃_t of one
 *   unit contains part of what was sent to the others. `layerNorm: 'gate'` belongs to the gates.
 * - `zoneout`: c_t is the new cell state ĉ_t, and the state that is carried on is c'_t = z∘c'_(t−1) + (1 − z)∘ĉ_t. With k_t for what came
 *   along the cell to c'_t: c̃_t = (1 − z)∘k_t + o_t∘(1 − tanh² ĉ_t)∘s_t and k_(t−1) = z∘k_t + f_t∘c̃_t. Of what is sent to h_t, 1 − z goes
 *   to s_t and z to s_(t−1). A forget gate counts as z + (1 − z)∘f in the product, and so does the z of a GRU.
 *
 * Warnings: ‖∂loss/∂h_t‖ of a level falls below 10⁻⁶ of its maximum and stays there down to the first step (it vanishes), rises above
 * 10³ times its value at the last step, or is not finite (it explodes). The warnings of {@link gates} are included.
 *
 * Source: Hochreiter & Schmidhuber 1997 for the path along the cell; Pascanu, Mikolov & Bengio 2013 for norms over time.
 *
 * @param model - an LSTM, GRU or RNN, or a Sequential of this package's layers that contains one
 * @param batch - `input`; `target` as for `Trainer`, with `loss` in the options, or `grad`, the gradient of the output; `lengths`, `mask`
 * @throws TypeError for a wrong type of model or argument or an unknown option, RangeError for a wrong shape
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

/** What the trace of one level holds, as norms. */
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

/** The norm of values at each step, or of their difference from `others`. */
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

/** The mean of values at each step. */
function meansOf(level: TracedLevel, values: Values): Float64Array {
  const [sums, counts] = [new Float64Array(level.steps), new Float64Array(level.steps)];
  for (const row of level.rows) {
    for (const value of level.row(values, row)) sums[row.step] = (sums[row.step] as number) + value;
    counts[row.step] = (counts[row.step] as number) + values.width;
  }
  return sums.map((sum, t) => sum / (counts[t] || 1));
}
