import { setImmediate } from 'node:timers/promises';
import { createRuntime, sample } from 'lstm-wasm';

/**
 * The text that the model writes after a prompt, character by character. Sampling has its own generator, so the same seed
 * gives the same text and training is not affected.
 */
export async function* generate(model, vocabulary, { prompt, length, seed, ...cut }) {
  const runtime = createRuntime({ seed });
  const stream = model.stream();
  try {
    const logits = { data: new Float32Array(vocabulary.size), shape: [vocabulary.size] };
    const id = new Int32Array(1);
    for (id[0] of vocabulary.encode(prompt)) stream.step(id, logits.data);
    for (let n = 0; n < length; n++) {
      id[0] = sample(logits, { ...cut, runtime });
      yield vocabulary.decode(id);
      stream.step(id, logits.data);
      await setImmediate();
    }
  } finally {
    stream.dispose();
  }
}

/** A short piece on one line, to watch it improve. */
export async function sampleLine(model, vocabulary, writing) {
  let line = writing.prompt;
  for await (const character of generate(model, vocabulary, { ...writing, length: 70 })) line += character;
  return line.replaceAll(/\s+/g, ' ');
}
