import { Adam, mse, reduceLROnPlateau, Trainer } from 'lstm-wasm';
import { batches, chronologicalSplit, StandardScaler, windows } from 'lstm-wasm/data';
import { UsageError } from '../command.js';
import { Forecaster } from './forecaster.js';

/**
 * The windows of each part of a series, in the order of time: no target of one part is a target of another.
 *
 * @returns {{ train, validation, test }} each `{ input, target, rows }`, `rows` being those of the first targets
 */
export function cutParts({ steps, horizon, held, toTarget = (target) => target }, { series, count }, inputs) {
  const share = (part) => Math.round(held[part] * count);
  const [validation, test] = [share('validation'), share('test')];
  const rows = series.shape[0];
  const needed = validation + test + 2 * (steps + horizon);
  if (rows < needed || Math.min(validation, test) < horizon)
    throw new UsageError(`--data expected more than ${rows} days to train on, got too few`);
  const parts = chronologicalSplit(series, { validation, test, context: steps });
  const cut = (part) => {
    const { input, target, starts } = windows(part, { steps, horizon, inputs, targets: ['target'] });
    return {
      input,
      target: toTarget(target),
      rows: Array.from(starts, (start) => part.from + start + steps),
    };
  };
  return { train: cut(parts.train), validation: cut(parts.validation), test: cut(parts.test) };
}

/** Trains until validation stops improving, and keeps the best weights. The test part is not used. */
export async function train(application, { train: learned, validation }, options) {
  const { inputs, seed, epochs, onEpoch } = options;
  const { loss = mse, model: shape, training } = application;
  const forecaster = Forecaster.create(shape, {
    inputs,
    seed,
    inputScaler: new StandardScaler().fit(learned.input),
    targetScaler: new StandardScaler().fit(learned.target),
  });
  const { model } = forecaster;
  const { runtime } = model;
  const scaled = ({ input, target }) => ({
    input: forecaster.inputScaler.transform(input),
    target: forecaster.targetScaler.transform(target),
  });
  const held = batches(scaled(validation), { batchSize: 256, shuffle: false, runtime });
  const trainer = new Trainer(model, {
    loss,
    optimizer: new Adam(model, { lr: training.lr }),
    clipNorm: 1,
    schedule: reduceLROnPlateau({ factor: 0.5, patience: Math.ceil(training.patience / 3) }),
    validation: { batches: held },
    earlyStopping: { patience: training.patience },
    bestWeights: 'restore',
  });
  const { batchSize } = training;
  let epoch = 0;
  let losses = [];
  for await (const progress of trainer.run(batches(scaled(learned), { batchSize, epochs, runtime }))) {
    losses.push(progress.loss);
    if (!progress.validation) continue;
    onEpoch({ epoch: ++epoch, losses, validation: progress.validation, best: trainer.best });
    losses = [];
  }
  return forecaster;
}
