import { setImmediate } from 'node:timers/promises';
import { crossEntropy } from 'lstm-wasm';

/** Characters of the training text that the model reads before the first one that counts. */
const LEAD = 1000;
/** Characters whose losses are taken in one call. */
const CHUNK = 256;

/**
 * The model's bits per character on the held-out text. It reads through as one stream, from the end of the training text on,
 * without dropout or recording; every held-out character counts once, each predicted from all that came before it.
 */
export async function evaluate(model, { train, heldOut, vocabulary }, signal) {
  const classes = vocabulary.size;
  const lead = train.subarray(-LEAD);
  const text = new Int32Array(lead.length + heldOut.length);
  text.set(lead);
  text.set(heldOut, lead.length);
  const stream = model.stream();
  const logits = new Float32Array(CHUNK * classes);
  for (let n = 0; n < lead.length - 1; n++) stream.step(text.subarray(n, n + 1), logits.subarray(0, classes));
  let nats = 0;
  for (let from = lead.length; from < text.length; from += CHUNK) {
    const target = text.subarray(from, from + CHUNK);
    for (let n = 0; n < target.length; n++) {
      const before = from + n - 1;
      stream.step(text.subarray(before, before + 1), logits.subarray(n * classes, (n + 1) * classes));
    }
    const output = { data: logits.subarray(0, target.length * classes), shape: [target.length, classes] };
    nats += crossEntropy(output, target, { reduction: 'sum', runtime: model.runtime }).loss;
    await setImmediate();
    signal.throwIfAborted();
  }
  stream.dispose();
  return nats / Math.LN2 / heldOut.length;
}
