/**
 * Measures gradients and gates over time.
 *
 * @module lstm-wasm/inspect
 */

export { type FlowBatch, type GradientFlow, gradientFlow, type LayerFlow } from './flow.js';
export { type GRUGates, gates, type LayerGates, type LSTMGates, type RNNGates } from './gates.js';
