import { readVectors } from './recurrent.js';

/** Gradients by parameter name. */
type Gradients = Record<string, number[]>;

export interface TapesCase {
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  batch: number;
  /** The lengths of the five sequences. */
  times: number[];
  /** Of each forward: its output, and the gradients of what went in. */
  runs: { output: number[]; input: number[]; h0: number[]; c0: number[] }[];
  parameters: Gradients;
}

export interface OptimizerCase {
  kind: 'SGD' | 'RMSprop' | 'Adam' | 'AdamW';
  options: { lr: number; betas?: [number, number] } & Record<string, unknown>;
  shapes: number[][];
  /** The values of each parameter after some steps. */
  after: Record<1 | 2 | 10, number[][]>;
}

export interface LossCase<Options = unknown> {
  /** `weight: true` stands for weights from the closed form. */
  options: { reduction?: 'mean' | 'sum' } & Options;
  shape: number[];
  loss: number;
  grad: number[];
}

export interface CrossEntropyCase
  extends LossCase<{ weight?: true; ignoreIndex?: number; labelSmoothing?: number }> {
  targets: number[];
}

export type BinaryCrossEntropyCase = LossCase<{ weight?: true }>;

export interface ClippingCase {
  maxNorm: number;
  shapes: number[][];
  norm: number;
  grads: number[][];
}

export interface ModelCase {
  classes: number;
  embeddingSize: number;
  hiddenSize: number;
  numLayers: number;
  ids: number[][];
  targets: number[][];
  loss: number;
  logits: number[];
  shapes: Record<string, number[]>;
  parameters: Gradients;
}

export interface MoreFile {
  tapes: [TapesCase];
  optimizers: OptimizerCase[];
  crossEntropy: CrossEntropyCase[];
  mse: LossCase[];
  binaryCrossEntropy: BinaryCrossEntropyCase[];
  clipping: ClippingCase[];
  model: [ModelCase];
}

export function readMore(): MoreFile {
  return readVectors<MoreFile>('more.json');
}
