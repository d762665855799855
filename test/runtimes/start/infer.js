/** All that infers, as plain numbers: where it runs must make no difference. */
export function infer(lstmWasm) {
  const { createRuntime, Embedding, GRU, LSTM, Linear, RNN, Sequential } = lstmWasm;
  const { sample, softmax, loadModel, readSafetensors, saveModel } = lstmWasm;
  const runtime = createRuntime({ seed: 5 });
  const given = { runtime };
  const models = [
    new Sequential(new LSTM(2, 5, { numLayers: 2, ...given }), new Linear(5, 3, given)),
    new Sequential(new Embedding(4, 2, given), new GRU(2, 5, given), new RNN(5, 3, given)),
    new LSTM(2, 3, { bidirectional: true, layerNorm: 'gate', ...given }),
  ];
  const inputs = [values(2), { data: Int32Array.of(0, 3, 1, 2), shape: [4] }, values(2)];
  return models.map((model, n) => {
    const file = saveModel(model, { metadata: { Größe: '±1 µs' } });
    const { model: loaded, metadata } = loadModel(file, { runtime: createRuntime() });
    const { output } = loaded.forward(inputs[n]);
    const streamed = n < 2 ? steps(loaded, inputs[n], output.shape[1]) : [];
    const names = Object.keys(readSafetensors(file).tensors);
    const drawn = [...sample(output, { runtime, temperature: 0.9 })];
    return { metadata, output: [...output.data], soft: [...softmax(output).data], streamed, names, drawn };
  });
}

function values(width) {
  return { data: Float32Array.from({ length: 4 * width }, (_, n) => (n % 5) / 4 - 0.5), shape: [4, width] };
}

function steps(model, { data, shape }, width) {
  const stream = model.stream();
  const [size, out] = [shape[1] ?? 1, new Float32Array(width)];
  return Array.from({ length: 4 }, (_, t) => [
    ...stream.step(data.slice(t * size, t * size + size), out),
  ]).flat();
}
