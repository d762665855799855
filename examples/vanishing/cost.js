import { createRuntime, LSTM, RNN } from 'lstm-wasm';

const STEPS = 64;

/** Parameters of both, and the time of a step in a stream and in training, as how many times those of the plain RNN. */
export function costExperiment({ sizes, rounds }) {
  return sizes.map((hidden) => {
    const runtime = createRuntime();
    const both = [RNN, LSTM].map((Layer) => new Layer(hidden, hidden, { runtime }));
    const parameters = both.map((layer) => layer.parameterCount);
    const stream = interleaved(both.map(streamer), rounds);
    const training = interleaved(both.map(trainer), rounds);
    for (const layer of both) layer.dispose();
    return { hidden, parameters, stream, training };
  });
}

function streamer(layer) {
  const stream = layer.stream();
  const [x, h] = [new Float32Array(layer.inputSize).fill(0.1), new Float32Array(layer.hiddenSize)];
  return () => {
    for (let n = 0; n < STEPS; n++) stream.step(x, h);
  };
}

function trainer(layer) {
  const input = {
    data: new Float32Array(STEPS * layer.inputSize).fill(0.1),
    shape: [1, STEPS, layer.inputSize],
  };
  return () => {
    const { output } = layer.forward(input, { record: true });
    layer.backward({ output });
  };
}

/** Medians in microseconds a step, of runs that take turns: what else the machine does then slows both. */
function interleaved(runs, rounds) {
  const times = runs.map(() => []);
  for (let round = 0; round < rounds + 3; round++) {
    for (const [n, run] of runs.entries()) {
      const began = performance.now();
      run();
      if (round >= 3) times[n].push(((performance.now() - began) * 1000) / STEPS);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[all.length >> 1]);
}
