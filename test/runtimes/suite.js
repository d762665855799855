import {
  Adam,
  createRuntime,
  crossEntropy,
  Dropout,
  Linear,
  LSTM,
  Sequential,
  sample,
  Trainer,
} from 'lstm-wasm';
import { batches } from 'lstm-wasm/data';
import { relaxed } from 'lstm-wasm/relaxed';

/*
 * The test suite that runs in every runtime. It only measures: the report is plain data, and checks.js, which runs on Node, compares it
 * with the stored results.
 */

/** `firstResult` is when the first layer had predicted; the runner knows when it began. */
export async function suite() {
  const first = predict(createRuntime());
  return {
    firstResult: Date.now(),
    first,
    simd: await onOne(() => createRuntime({ seed: 42 })),
    relaxed: await onOne(() => createRuntime({ binary: relaxed, seed: 42 })),
    refusal: refusal(),
    isolation: isolation(),
  };
}

async function onOne(create) {
  return {
    variant: create().variant,
    reference: reference(create()),
    training: await training(create()),
    stream: stream(create()),
  };
}

/** The formula of test/vectors/closed-form.ts, which the stored values of PyTorch rest on. */
function closedForm(name, count, scale = 1) {
  let seed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
  return Float32Array.from({ length: count }, (_, index) => {
    let x = seed + Math.imul(index, 0x9e3779b1);
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    return ((2 * (x >>> 20) - 4095) / 4096) * scale;
  });
}

function tensor(name, ...shape) {
  return {
    data: closedForm(
      name,
      shape.reduce((product, n) => product * n, 1),
    ),
    shape,
  };
}

function predict(runtime) {
  const { output } = new LSTM(3, 5, { runtime, seed: 1 }).forward(tensor('input', 1, 2, 3));
  return output.shape;
}

/** A configuration of test/vectors/recurrent.json: what PyTorch gives forward and backward is stored there. */
function reference(runtime) {
  const [id, I, H, layers, B, T] = ['lstm-i5-h3-l2-b5-t17', 5, 3, 2, 5, 17];
  const lstm = new LSTM(I, H, { numLayers: layers, runtime });
  for (const [name, parameter] of lstm.parameters) {
    const size = parameter.shape.reduce((product, n) => product * n, 1);
    parameter.write(closedForm(`${id}/${name}`, size, 0.5));
  }
  const state = (name) => tensor(`${id}/${name}`, layers, B, H);
  const forward = lstm.forward(tensor(`${id}/input`, B, T, I), {
    h0: state('h0'),
    c0: state('c0'),
    record: true,
  });
  const gradients = lstm.backward({
    output: tensor(`${id}/G_output`, B, T, H),
    hN: state('G_hN'),
    cN: state('G_cN'),
  });
  const parameters = [...lstm.parameters].map(([name, parameter]) => [name, [...parameter.readGrad()]]);
  return {
    id,
    forward: values(forward),
    gradients: values(gradients),
    parameters: Object.fromEntries(parameters),
  };
}

const values = (tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));

const STEPS = 200;
const CLASSES = 5;

/** All that draws or rounds at once: dropout, Adam, a cosine schedule, clipping, shuffling, sampling. */
async function training(runtime) {
  const model = new Sequential(
    new LSTM(3, 16, { numLayers: 2, dropout: 0.2, returnSequences: false, runtime }),
    new Dropout(0.25, { runtime }),
    new Linear(16, CLASSES, { runtime }),
  );
  const rates = cosine(0.005, 0.0005);
  const optimizer = new Adam(model, { lr: rates[0] });
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer, clipNorm: 0.5 });
  const rows = batches(examples(64), { batchSize: 16, epochs: STEPS / 4, runtime });
  const losses = [];
  for await (const { step, loss } of trainer.run(rows)) {
    losses.push(loss);
    if (step < STEPS) optimizer.lr = rates[step];
  }
  const logits = model.forward(tensor('unseen', 40, 12, 3)).output;
  const samples = sample(logits, { temperature: 0.8, topK: 4, topP: 0.95, runtime });
  const weights = Object.values(model.stateDict()).map(({ data }) => data);
  const hash = await sha256(...weights, Float64Array.from(losses), Int32Array.from(samples));
  return { hash, losses, logits: [...logits.data] };
}

/** Sequences, each with the class that its sum falls in. */
function examples(count) {
  const input = tensor('examples', count, 12, 3);
  const target = Uint8Array.from({ length: count }, (_, n) => {
    const row = input.data.subarray(n * 36, n * 36 + 36);
    return Math.min(
      CLASSES - 1,
      Math.max(0, Math.floor(row.reduce((sum, x) => sum + x, 0) / 2 + CLASSES / 2)),
    );
  });
  return { input, target };
}

/** Half a wave from `high` to `low`, by the recurrence of Chebyshev: engines may differ in the last bit of Math.cos. */
function cosine(high, low) {
  const COS = 0.9998766324816606; // of pi / 200
  const wave = [1, COS];
  while (wave.length < STEPS) wave.push(2 * COS * wave.at(-1) - wave.at(-2));
  return wave.map((c) => low + ((high - low) * (1 + c)) / 2);
}

/** How many values of a stream differ from those of the whole sequence. */
function stream(runtime) {
  const lstm = new LSTM(3, 9, { numLayers: 2, runtime });
  const { data, shape } = tensor('stream', 1, 50, 3);
  const whole = lstm.forward({ data, shape }).output.data;
  const steps = lstm.stream();
  const out = new Float32Array(9);
  let different = 0;
  for (let t = 0; t < 50; t++) {
    steps.step(data.subarray(t * 3, t * 3 + 3), out);
    for (let n = 0; n < 9; n++) if (!Object.is(out[n], whole[t * 9 + n])) different++;
  }
  return { values: whole.length, different, varied: new Set(whole).size };
}

function refusal() {
  const lstm = new LSTM(3, 5);
  const said = thrown(() => lstm.forward({ data: new Float32Array(8), shape: [1, 2, 4] }));
  return { ...said, usable: lstm.forward(tensor('input', 1, 2, 3)).output.shape };
}

function thrown(call) {
  try {
    call();
  } catch (error) {
    return { name: error.name, message: error.message, isRangeError: error instanceof RangeError };
  }
  return { name: 'nothing' };
}

/** Two runtimes of one seed: alike at first, then each its own. */
function isolation() {
  const [one, two] = [createRuntime({ seed: 7 }), createRuntime({ seed: 7 })];
  const [first, second] = [one, two].map((runtime) => new LSTM(3, 5, { runtime }));
  const weights = (lstm) => lstm.parameters.get('weight_ih_l0').read();
  const alike = String(weights(first)) === String(weights(second));
  first.parameters.get('weight_ih_l0').write(new Float32Array(60));
  const apart = String(weights(first)) !== String(weights(second));
  const mixed = thrown(() => new Sequential(first, new Linear(5, 2, { runtime: two }))).name;
  return { alike, apart, mixed, own: one !== two && one !== new Linear(1, 1).runtime };
}

/** Over the bytes, in the order of every processor that these runtimes know. */
async function sha256(...arrays) {
  const bytes = arrays.flatMap((array) => [
    ...new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  ]);
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
