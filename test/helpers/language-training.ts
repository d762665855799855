import { lanes } from '../../src/data/index.js';
import {
  Adam,
  accuracy,
  type Batch,
  chainedScheduler,
  cosineAnnealingLR,
  crossEntropy,
  Dropout,
  Embedding,
  type Integers,
  type Layer,
  Linear,
  LSTM,
  linearLR,
  type Progress,
  perplexity,
  type Runtime,
  reduceLROnPlateau,
  Sequential,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';
import { IDS, ids } from './bits.js';

/** A training that uses all of the trainer's options at once, with a language model that carries its state. */

export type Options = Partial<TrainerOptions<Integers>>;

export function languageModel(runtime: Runtime) {
  return new Sequential(
    new Embedding(IDS, 5, { runtime }),
    new LSTM(5, 9, { numLayers: 2, dropout: 0.3, stateful: true, runtime }),
    new Dropout(0.4, { runtime }),
    new Linear(9, IDS, { runtime }),
  );
}

export const data = () => lanes(ids('text', 300), { batch: 4, steps: 7, epochs: 4 });
export const heldOut = () => lanes(ids('held', 60), { batch: 2, steps: 6 });

function options(): Options {
  const cosine = cosineAnnealingLR({ tMax: 12, etaMin: 0.001 });
  const plateau = reduceLROnPlateau({ patience: 0, threshold: 0.01, factor: 0.7 });
  return {
    accumulate: 3,
    clipNorm: 1,
    schedule: chainedScheduler([linearLR({ totalIters: 4 }), cosine, plateau]),
    metrics: { perplexity: perplexity() as never, accuracy: accuracy() },
    validation: { batches: heldOut(), every: 2, monitor: 'perplexity' },
    earlyStopping: { patience: 6 },
    bestWeights: 'restore',
  };
}

export function begin(model: Layer, more: Options = {}) {
  const optimizer = new Adam(model, { lr: 0.02 });
  return new Trainer<Integers>(model, { loss: crossEntropy, optimizer, ...options(), ...more });
}

/** What is progressOf, but for how fast. */
export async function progressOf(trainer: Trainer<Integers>, batches: Iterable<Batch<Integers>>) {
  const all: Partial<Progress>[] = [];
  for await (const { samplesPerSecond, secondsLeft, ...one } of trainer.run(batches)) all.push(one);
  return all;
}
