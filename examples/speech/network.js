import { Adam, cosineAnnealingLR, Dropout, Linear, LSTM, Sequential, Trainer } from 'lstm-wasm';

const HIDDEN = 128;
const DROPOUT = 0.3;

/** Unidirectional, so that it can run while somebody speaks. */
export function createNetwork(width, classes, runtime) {
  return new Sequential(
    new LSTM(width, HIDDEN, { forgetBias: 1, runtime }),
    new Dropout(DROPOUT, { runtime }),
    new Linear(HIDDEN, classes, { runtime }),
  );
}

/**
 * Trains until validation has not improved for `patience` epochs, and restores the best weights.
 *
 * @param {{ loss, metrics, validation: { batches, monitor: string }, lr: number, epochs: number, perEpoch: number, patience: number,
 *   batches: Iterable, onEpoch?: (progress: { epoch, epochs, loss, validation }) => void }} options `perEpoch`: steps
 * @returns {Promise<{ loss: number, validation: object }[]>} epoch by epoch
 */
export async function train(
  model,
  { lr, epochs, perEpoch, patience, validation, batches, onEpoch, ...what },
) {
  const trainer = new Trainer(model, {
    ...what,
    optimizer: new Adam(model, { lr }),
    clipNorm: 1,
    schedule: cosineAnnealingLR({ tMax: epochs * perEpoch }),
    validation: { ...validation, every: perEpoch },
    earlyStopping: { patience },
    bestWeights: 'restore',
  });
  const curve = [];
  let sum = 0;
  for await (const progress of trainer.run(batches)) {
    sum += progress.loss;
    if (!progress.validation) continue;
    curve.push({ loss: sum / perEpoch, validation: progress.validation });
    onEpoch?.({ epoch: curve.length, epochs, ...curve.at(-1) });
    sum = 0;
  }
  return curve;
}
