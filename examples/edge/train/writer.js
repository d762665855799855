import { Adam, crossEntropy, Embedding, Linear, LSTM, Sequential, Trainer } from 'lstm-wasm';
import { lanes, Vocabulary } from 'lstm-wasm/data';
import { readMobyDick } from '../../book/texts.js';

const EMBEDDING = 16;
const HIDDEN = 64;
const BATCH = { batch: 32, steps: 64 };
const STEPS = 6000;
const RATE = 0.01;
/** Rarer characters in a book of a million are left out: they cost weights and are never learned. */
const RAREST = 12;
const HELD_OUT = 0.05;

/** A character model of the book of `npm start`, small enough for the edge. */
export async function trainWriter(report) {
  const text = common(await readMobyDick());
  const vocabulary = Vocabulary.ofCharacters(text);
  const ids = vocabulary.encode(text);
  const cut = Math.floor(ids.length * (1 - HELD_OUT));
  const model = createModel(vocabulary, { stateful: true, forgetBias: 1 });
  const optimizer = new Adam(model, { lr: RATE, betas: [0.9, 0.99] });
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer, clipNorm: 1 });
  const batches = lanes(ids.subarray(0, cut), { ...BATCH, epochs: Number.POSITIVE_INFINITY });
  for await (const { step, loss } of trainer.run(batches)) {
    if (step % 250 === 0)
      report(`step ${step} of ${STEPS}, ${(loss / Math.LN2).toFixed(2)} bits a character`);
    if (step === STEPS) break;
    optimizer.lr = RATE * Math.max(0.02, 1 - step / STEPS);
  }
  const served = createModel(vocabulary, {});
  served.loadStateDict(model.stateDict());
  const figures = `${bits(served, ids.subarray(cut)).toFixed(2)} bits a character on the held-out end of the book`;
  return { model: served, metadata: { vocabulary: JSON.stringify(vocabulary.symbols) }, figures };
}

function createModel(vocabulary, options) {
  return new Sequential(
    new Embedding(vocabulary.size, EMBEDDING),
    new LSTM(EMBEDDING, HIDDEN, options),
    new Linear(HIDDEN, vocabulary.size),
  );
}

function common(text) {
  const counts = new Map();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...text].filter((character) => counts.get(character) >= RAREST).join('');
}

function bits(model, ids) {
  const input = { data: ids.subarray(0, -1), shape: [1, ids.length - 1] };
  const { output } = model.forward(input);
  return crossEntropy(output, { data: ids.subarray(1), shape: [1, ids.length - 1] }).loss / Math.LN2;
}
