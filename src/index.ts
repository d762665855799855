/**
 * Layers, losses, optimizers, schedules, metrics, training and runtimes.
 *
 * @module lstm-wasm
 */

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
export type { RecurrentInit } from './layers/recurrent-init.js';
export { RNN, type RNNOptions } from './layers/rnn.js';
export type { SequenceOptions } from './layers/sequence-options.js';
export { Sequential } from './layers/sequential.js';
export type { StepInput, Stream, StreamOptions } from './layers/stream.js';
export type { Binary } from './runtime/binary.js';
export { scope } from './runtime/memory.js';
export {
  createRuntime,
  type Runtime,
  type RuntimeOptions,
  ready,
  setDefaultRuntime,
} from './runtime/runtime.js';
export type { Batch, Loss } from './training/batch.js';
export { clipGradNorm, clipGradValue, gradNorm } from './training/clipping.js';
export {
  type CosineAnnealingWarmRestarts,
  cosineAnnealingWarmRestarts,
  type OneCycleLR,
  oneCycleLR,
} from './training/cyclic-schedules.js';
export { characterErrorRate, type ErrorRateOptions, editDistance } from './training/error-rate.js';
export type { Evaluation } from './training/evaluation.js';
export { type F1Options, f1 } from './training/f1.js';
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
export {
  accuracy,
  bitsPerCharacter,
  type Metric,
  type MetricOptions,
  mae,
  measure,
  perplexity,
  rmse,
} from './training/metrics.js';
export type { Best } from './training/monitor.js';
export type { Optimizer } from './training/optimizer.js';
export type { OptimizerState } from './training/optimizer-state.js';
export {
  Adam,
  type AdamOptions,
  AdamW,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
} from './training/optimizers.js';
export type { Progress, StepResult, Validation } from './training/progress.js';
export { type SampleOptions, sample, softmax } from './training/sampling.js';
export {
  type ChainedScheduler,
  type CosineAnnealingLR,
  chainedScheduler,
  cosineAnnealingLR,
  type LinearLR,
  linearLR,
  type ReduceLROnPlateau,
  reduceLROnPlateau,
  type Schedule,
  type SequentialLR,
  type StepLR,
  sequentialLR,
  stepLR,
} from './training/schedules.js';
export { Trainer } from './training/trainer.js';
export type { EarlyStoppingOptions, TrainerOptions, ValidationOptions } from './training/trainer-options.js';
export type { TrainerState } from './training/trainer-state.js';
export type { IntegerArray, Integers, NamedTensors, OwnTensor, Tensor } from './validation/tensor.js';
