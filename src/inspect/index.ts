export { type FlowBatch, type GradientFlow, gradientFlow, type LevelFlow } from './flow.js';
export { type GRUGates, gates, type LevelGates, type LSTMGates, type RNNGates } from './gates.js';
