import { batches } from '../../src/data/index.js';
import { saveModel } from '../../src/files/index.js';
import {
  Adam,
  crossEntropy,
  Dropout,
  Embedding,
  Linear,
  LSTM,
  type Runtime,
  Sequential,
  Trainer,
} from '../../src/index.js';
import { IDS, ids } from './bits.js';

function makeModel(runtime: Runtime) {
  return new Sequential(
    new Embedding(IDS, 4, { runtime }),
    new LSTM(4, 6, { numLayers: 2, dropout: 0.2, stateful: true, runtime }),
    new Dropout(0.3, { runtime }),
    new Linear(6, IDS, { runtime }),
  );
}

/** A small file with everything in it. */
export function trained(runtime: Runtime): Uint8Array {
  const model = makeModel(runtime);
  const trainer = new Trainer(model, { loss: crossEntropy as never, optimizer: new Adam(model) });
  const data = batches({ input: ids('a', 6, 3), target: ids('b', 6, 3) }, { batchSize: 2, runtime });
  for (const batch of data) trainer.trainStep(batch as never);
  data.loadStateDict({ epoch: '0', position: '2', seed: '0' });
  return saveModel(model, { trainer, batches: data, metadata: { text: 'abc' } });
}
