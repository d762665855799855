import { createRuntime, LSTM } from 'lstm-wasm';
import { gates, gradientFlow } from 'lstm-wasm/inspect';

const UNITS = 4;

/**
 * An LSTM whose forget gate is driven by the second input alone: it has no recurrent weights, the input gate lets the first input in, the
 * output gate is half open.
 */
function drivenLSTM(runtime) {
  const lstm = new LSTM(2, UNITS, { runtime, seed: 1, forgetBias: 0 });
  for (const [name, parameter] of lstm.parameters) {
    const values = new Float32Array(parameter.size);
    // Rows i, f, g, o of [4 * UNITS, 2].
    if (name === 'weight_ih_l0')
      for (let unit = 0; unit < UNITS; unit++) {
        values[(UNITS + unit) * 2 + 1] = 1;
        values[(2 * UNITS + unit) * 2] = 1;
      }
    parameter.write(values);
  }
  return lstm;
}

/** Its gradient where `drive(t)` is the forget gate's pre-activation, and the loss depends on the last step alone. */
function driven(steps, drive) {
  const lstm = drivenLSTM(createRuntime());
  const input = { data: new Float32Array(steps * 2), shape: [1, steps, 2] };
  for (let t = 0; t < steps; t++) input.data[2 * t + 1] = drive(t);
  const gradient = {
    data: new Float32Array(steps * UNITS).fill(1, (steps - 1) * UNITS),
    shape: [1, steps, UNITS],
  };
  const [{ dc, alongCell, forgetProduct }] = gradientFlow(lstm, { input, grad: gradient }).layers;
  const { f } = gates(lstm, input).layers[0];
  lstm.dispose();
  const gate = Array.from({ length: steps }, (_, t) => f.data[t * UNITS]);
  return { dc, alongCell, forgetProduct, gate };
}

/** What is left of the gradient over `lags` steps with the gate held constant, beside f to that power. */
export function heldGates({ lags }) {
  return [0.5, 0.9, 0.97, 0.99, 0.999].map((f) => {
    const { dc, gate } = driven(lags + 1, () => Math.log(f / (1 - f)));
    const points = Array.from(dc, (_, lag) => [lag, dc[lags - lag] / dc[lags]]);
    return { f, points, power: gate[0] ** lags };
  });
}

/** A gate that closes for a few steps: what the cell held before is lost, and with it the gradient. */
export function closingGate({ steps = 100, from = 40, to = 44 } = {}) {
  const { gate, dc, forgetProduct } = driven(steps, (t) => (t >= from && t < to ? -2 : 6));
  const last = dc[steps - 1];
  return {
    gate: gate.map((f, t) => [t + 1, f]),
    left: Array.from(dc, (norm, t) => [t + 1, norm / last]),
    product: Array.from(forgetProduct, (part, t) => [t + 1, part]),
  };
}
