// brain.js. Its LSTM is a different cell, which carries h instead of c, and is checked against its own equations; it trains a pattern at
// a time with its own loss (next value) and optimizer. The work is about the same, and that alone is compared.

import brain from 'brain.js';
import { dataOf, STEPS } from '../data.js';
import { installedVersion } from './version.js';

const BLOCKS = ['input', 'forget', 'cellActivation', 'output'];

export function open() {
  return {
    version: installedVersion('brain.js'),
    prepare(workload) {
      const data = dataOf(workload);
      const net = network(workload, data);
      return { step, sequence, train }[workload.kind](workload, data, net);
    },
  };
}

function network({ I, H }, data) {
  const net = new brain.recurrent.LSTMTimeStep({ inputSize: I, outputSize: I, hiddenLayers: [H] });
  net.initialize();
  const [layer] = net.model.hiddenLayers;
  for (const [n, name] of BLOCKS.entries()) {
    const block = (values, width) => values.slice(n * H * width, (n + 1) * H * width);
    layer[`${name}Matrix`].weights = block(data.weight_ih, I);
    layer[`${name}Hidden`].weights = block(data.weight_hh, H);
    layer[`${name}Bias`].weights = block(
      data.bias_ih.map((b, k) => b + data.bias_hh[k]),
      1,
    );
  }
  net.model.outputConnector.weights = data.head_weight.slice();
  net.model.output.weights = data.head_bias.slice();
  net.bindEquation();
  return net;
}

const rowsOf = ({ I, B }, x, b, count) =>
  Array.from({ length: count }, (_, t) => x.slice((t * B + b) * I, (t * B + b + 1) * I));

/** It has no step function: its first equation is run, and its final state becomes the next initial state. */
function step(workload, data, net) {
  const xs = rowsOf(workload, data.x, 0, STEPS);
  net.run(xs.slice(0, 2).map((x) => [...x]));
  const [first] = net.model.equations;
  const carried = net.initialLayerInputs[0];
  const once = (x) => {
    const output = first.runInput(x).weights;
    carried.weights.set(net.model.equationConnections[0][0].weights);
    return output;
  };
  return {
    note: 'another cell',
    result() {
      carried.weights.fill(0);
      return xs.map(once).at(-1);
    },
    run(count) {
      for (let n = 0; n < count; n++) once(xs[0]);
    },
  };
}

function sequence(workload, data, net) {
  const xs = rowsOf(workload, data.x, 0, workload.T).map((x) => [...x]);
  return {
    note: 'another cell, last output only',
    result: () => net.run(xs),
    run(count) {
      for (let n = 0; n < count; n++) net.run(xs);
    },
  };
}

function train(workload, data, net) {
  const { T, B, I } = workload;
  const patterns = Array.from({ length: B }, (_, b) => {
    const rows = rowsOf(workload, data.x, b, T);
    return [...rows, new Float32Array(I)];
  });
  return {
    note: 'another cell, its own loss and optimizer',
    result() {
      const output = net.run(patterns[0].slice(0, T).map((x) => (I === 1 ? x[0] : [...x])));
      return I === 1 ? [output] : output;
    },
    run(count) {
      for (let n = 0; n < count; n++) for (const pattern of patterns) net.trainPattern(pattern, true);
    },
  };
}
