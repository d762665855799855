import { createRuntime, LSTM, RNN } from 'lstm-wasm';

const STEPS = 64;

/**
 * Parameters of an RNN and an LSTM, and microseconds per time step: of a stream, and of a forward and backward pass over 64 steps.
 *
 * @returns {{ hidden: number, parameters: number[], streaming: number[], training: number[] }[]} each the RNN's and the LSTM's
 */
export function costExperiment({ sizes, rounds }) {
  return sizes.map((hidden) => {
    const runtime = createRuntime();
    const both = [RNN, LSTM].map((Layer) => new Layer(hidden, hidden, { runtime }));
    const parameters = both.map((layer) => layer.parameterCount);
    const streaming = interleaved(both.map(streamer), rounds);
    const training = interleaved(both.map(trainer), rounds);
    for (const layer of both) layer.dispose();
    return { hidden, parameters, streaming, training };
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

/** Medians in microseconds per time step. The runs take turns, so that other work on the machine slows both. */
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
