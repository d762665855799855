import { createRuntime, Dropout, Linear, LSTM, Sequential } from 'lstm-wasm';
import { StandardScaler } from 'lstm-wasm/data';
import { loadModelFile, saveModelFile } from 'lstm-wasm/files';
import { UsageError } from '../command.js';

/** Windows whose forecasts are made in one call. */
const SLICE = 256;

/**
 * A model with its input columns and its scalers, which are fitted on the training part alone.
 */
export class Forecaster {
  constructor({ model, inputs, inputScaler, targetScaler }) {
    Object.assign(this, { model, inputs, inputScaler, targetScaler });
  }

  /** An untrained model. The seed is the runtime's, from which each layer and the order of training draw. */
  static create({ hidden, dropout = 0, outputs }, { inputs, inputScaler, targetScaler, seed }) {
    const runtime = createRuntime({ seed });
    const model = new Sequential(
      new LSTM(inputs.length, hidden, { returnSequences: false, forgetBias: 1, runtime }),
      ...(dropout > 0 ? [new Dropout(dropout, { runtime })] : []),
      new Linear(hidden, outputs, { runtime }),
    );
    return new Forecaster({ model, inputs, inputScaler, targetScaler });
  }

  /** @param input - windows [count, steps, inputs] in the units of the data, as the outputs are: one array for each window */
  forecast(input) {
    const { data, shape } = this.inputScaler.transform(input);
    const [count, steps, width] = shape;
    const parts = [];
    for (let from = 0; from < count; from += SLICE) {
      const to = Math.min(count, from + SLICE);
      const part = data.subarray(from * steps * width, to * steps * width);
      const { output } = this.model.forward({ data: part, shape: [to - from, steps, width] });
      parts.push(...this.unscaled(output));
    }
    return parts;
  }

  /** One array per row. The outputs for one target, such as its quantiles, are adjacent. */
  unscaled({ data, shape: [count, outputs] }) {
    const targets = this.targetScaler.stateDict().mean.length;
    const each = outputs / targets;
    const columns = Array.from({ length: outputs }, (_, n) => Math.floor(n / each));
    const units = this.targetScaler.inverseTransform({ data, shape: [count, outputs] }, { columns }).data;
    return Array.from({ length: count }, (_, n) => units.slice(n * outputs, (n + 1) * outputs));
  }

  save(path, application) {
    const { inputs, inputScaler, targetScaler } = this;
    const about = { application: application.name, inputs, inputScaler, targetScaler };
    return saveModelFile(path, this.model, { metadata: { forecaster: JSON.stringify(about) } });
  }

  /** @throws UsageError for what {@link save} did not write */
  static async load(path, { name, inputs }) {
    const refuse = (what) => new UsageError(`--model expected a model of ${name}, got ${path}: ${what}`);
    try {
      const { model, metadata } = await loadModelFile(path);
      const about = JSON.parse(metadata.forecaster ?? '{}');
      if (about.application !== name || !about.inputs.every((input) => inputs.includes(input)))
        throw new RangeError('it was saved elsewhere');
      const scalers = {
        inputScaler: StandardScaler.fromJSON(JSON.stringify(about.inputScaler)),
        targetScaler: StandardScaler.fromJSON(JSON.stringify(about.targetScaler)),
      };
      return new Forecaster({ model, inputs: about.inputs, ...scalers });
    } catch (error) {
      throw refuse(error.code === 'ENOENT' ? 'there is none; train it first' : error.message.split('\n')[0]);
    }
  }
}
