import { closedForm, closedFormParameter, elementCount } from './closed-form.js';
import { readVectors, type StoredTensor } from './recurrent.js';

/** A recurrent layer with options of PyTorch's, and what came of it: gradients begin with 'd ', those of parameters with 'p '. */
export interface VariantConfig {
  id: string;
  cell: 'lstm' | 'gru' | 'rnn_tanh' | 'rnn_relu';
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  batch: number;
  time: number;
  options: { bidirectional?: boolean; bias?: boolean; projSize?: number };
  lengths?: number[];
  shapes: Record<string, number[]>;
  results: Record<string, StoredTensor>;
}

export const readVariants = () => readVectors<VariantConfig[]>('variants.json');

/** The same with projections, and for sequences of different lengths. */
export const readPacked = () => readVectors<VariantConfig[]>('packed.json');

/** An input, a state or the gradient of a result, of a shape that the file tells. */
export function given({ id, shapes }: VariantConfig, name: string, like: string) {
  const shape = shapes[like] as number[];
  return { data: Float32Array.from(closedForm(`${id}/${name}`, elementCount(shape))), shape };
}

/** The state dict, in PyTorch's order. */
export function parametersOf({ id, shapes, hiddenSize }: VariantConfig) {
  const entries = Object.entries(shapes).filter(([name]) => name.startsWith('p '));
  return Object.fromEntries(
    entries.map(([key, shape]) => {
      const name = key.slice(2);
      return [
        name,
        { data: Float32Array.from(closedFormParameter(`${id}/${name}`, shape, hiddenSize)), shape },
      ];
    }),
  );
}
