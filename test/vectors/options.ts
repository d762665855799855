import { readFileSync } from 'node:fs';
import type { Tensor } from '../../src/index.js';
import { closedForm, closedFormParameter, elementCount } from './closed-form.js';

/** A recurrent layer with options of this package, and what autograd gives: gradients begin with 'd ', those of parameters with 'p '. */
export interface OptionsConfig {
  id: string;
  cell: 'lstm' | 'gru' | 'rnn';
  inputSize: number;
  hiddenSize: number;
  numLayers: number;
  batch: number;
  time: number;
  options: Record<string, unknown>;
  /** `given`: initial states are given though the layer has learned ones. */
  call: { lengths?: number[]; mask?: number[][]; given?: boolean };
  shapes: Record<string, number[]>;
  /** A name stands for another tensor, equal bit for bit. */
  results: Record<string, number[] | string>;
}

export function readOptions(): OptionsConfig[] {
  return JSON.parse(readFileSync(new URL('options.json', import.meta.url), 'utf8')) as OptionsConfig[];
}

export function expected({ results }: OptionsConfig, name: string): number[] {
  const found = results[name];
  return typeof found === 'string' ? (results[found] as number[]) : found;
}

/** An input, a state or the gradient of a result, of a shape that the file tells. */
export function given({ id, shapes }: OptionsConfig, name: string, like: string): Tensor {
  const shape = shapes[like];
  return { data: Float32Array.from(closedForm(`${id}/${name}`, elementCount(shape))), shape };
}

/** The state dict, in the order in which a layer lists its parameters. */
export function parametersOf({ id, shapes, hiddenSize }: OptionsConfig): Record<string, Tensor> {
  const entries = Object.entries(shapes).filter(([name]) => name.startsWith('p '));
  return Object.fromEntries(
    entries.map(([key, shape]) => {
      const name = key.slice(2);
      const data = Float32Array.from(closedFormParameter(`${id}/${name}`, shape, hiddenSize));
      return [name, { data, shape }];
    }),
  );
}

/** The input with NaN wherever a layer has no business to look: past the ends, and at masked steps. */
export function poisoned(config: OptionsConfig): Tensor {
  const { batch, time, inputSize, call } = config;
  const { data, shape } = given(config, 'input', 'd input');
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < time; t++)
      if (t >= (call.lengths?.[b] ?? time) || call.mask?.[b][t] === 0)
        data.fill(NaN, (b * time + t) * inputSize, (b * time + t + 1) * inputSize);
  return { data, shape };
}
