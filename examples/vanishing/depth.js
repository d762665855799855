import { createRuntime, GRU, Linear, LSTM, mse, RNN, Sequential } from 'lstm-wasm';
import { gradientFlow } from 'lstm-wasm/inspect';
import { recall } from './task.js';

const LAYERS = { RNN: [RNN, {}], 'LSTM, b_f = 1': [LSTM, { forgetBias: 1 }], GRU: [GRU, {}] };

/**
 * How much of the gradient reaches each level of a stack: its ‖∂loss/∂h‖ over all steps together, as a part of that of the top level.
 *
 * @returns for each kind, for stacks of 1 to `deepest` levels, the parts from the top down
 */
export function depthExperiment({ hidden, deepest, steps, seed }) {
  return Object.entries(LAYERS).map(([name, [Layer, options]]) => ({
    name,
    stacks: Array.from({ length: deepest }, (_, n) => {
      const runtime = createRuntime({ seed });
      const layer = new Layer(2, hidden, { numLayers: n + 1, returnSequences: false, runtime, ...options });
      const model = new Sequential(layer, new Linear(hidden, 1, { runtime }));
      const { layers } = gradientFlow(model, recall(steps, 7)(8), { loss: mse });
      const norms = layers.map(({ dh }) => Math.sqrt(dh.reduce((sum, norm) => sum + norm * norm, 0)));
      model.dispose();
      return norms.map((norm) => norm / norms.at(-1)).reverse();
    }),
  }));
}
