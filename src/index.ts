export type { IntegerArray, Integers, NamedTensors, Tensor } from './border/tensor.js';
export { Activation, type ActivationName } from './layers/activation.js';
export { Dropout } from './layers/dropout.js';
export { Embedding, type EmbeddingOptions } from './layers/embedding.js';
export { GRU, type GRUOptions } from './layers/gru.js';
export type { BackwardOptions, ForwardOptions, Layer } from './layers/layer.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { LSTM } from './layers/lstm.js';
export type { LSTMActivations, LSTMOptions } from './layers/lstm-options.js';
export type { Nonlinearity, NonlinearitySpec } from './layers/nonlinearities.js';
export type { Parameter } from './layers/parameter.js';
export type { SequenceOptions } from './layers/ragged.js';
export type { RecurrentInit } from './layers/recurrent-init.js';
export { RNN, type RNNOptions } from './layers/rnn.js';
export { Sequential } from './layers/sequential.js';
export type { StepInput, Stream, StreamOptions } from './layers/stream.js';
export type { Binary } from './runtime/binary.js';
export { createRuntime, type Runtime, type RuntimeOptions, setDefaultRuntime } from './runtime/runtime.js';
export { clipGradNorm, clipGradValue, gradNorm } from './training/clipping.js';
export type { Group, Parameters } from './training/groups.js';
export {
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  type ElementLossOptions,
  type LossOptions,
  type LossResult,
  mse,
} from './training/losses.js';
export type { Optimizer, OptimizerState } from './training/optimizer.js';
export {
  Adam,
  type AdamOptions,
  AdamW,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
} from './training/optimizers.js';
export { type SampleOptions, sample, softmax } from './training/sampling.js';
export {
  type Batch,
  type Loss,
  type Progress,
  Trainer,
  type TrainerOptions,
} from './training/trainer.js';
export type { TrainerState } from './training/trainer-state.js';
