// lstm-wasm itself, as built. `variant` is the binary.

import {
  Adam,
  createRuntime,
  crossEntropy,
  Linear,
  LSTM,
  mse,
  Sequential,
  Trainer,
} from '../../build/index.js';
import { relaxed } from '../../build/relaxed.js';
import { dataOf, LEARNING_RATE, LOSSES, probes, STEPS } from '../data.js';

const PREPARE = { step, sequence, train, product };

export function open(variant) {
  const runtime = createRuntime(variant === 'relaxed' ? { binary: relaxed } : {});
  if (runtime.variant !== variant) throw new Error(`this engine refuses the ${variant} binary`);
  return {
    version: process.version,
    prepare: (workload) => PREPARE[workload.kind](workload, dataOf(workload), runtime),
  };
}

function stateDict({ I, H }, data, prefix = '') {
  return {
    [`${prefix}weight_ih_l0`]: { data: data.weight_ih, shape: [4 * H, I] },
    [`${prefix}weight_hh_l0`]: { data: data.weight_hh, shape: [4 * H, H] },
    [`${prefix}bias_ih_l0`]: { data: data.bias_ih, shape: [4 * H] },
    [`${prefix}bias_hh_l0`]: { data: data.bias_hh, shape: [4 * H] },
  };
}

function step(workload, data, runtime) {
  const { I, H } = workload;
  const lstm = LSTM.fromStateDict(stateDict(workload, data), { runtime });
  const stream = lstm.stream();
  const h = new Float32Array(H);
  const x = data.x.slice(0, I);
  return {
    result() {
      for (let t = 0; t < STEPS; t++) stream.step(data.x.subarray(t * I, (t + 1) * I), h);
      return [...h, ...stream.state.c.data];
    },
    run(count) {
      for (let n = 0; n < count; n++) stream.step(x, h);
    },
    dispose() {
      stream.dispose();
      lstm.dispose();
    },
  };
}

function sequence(workload, data, runtime) {
  const { T, B, I } = workload;
  const lstm = LSTM.fromStateDict(stateDict(workload, data), { runtime, timeMajor: true });
  const input = { data: data.x, shape: [T, B, I] };
  return {
    result: () => lstm.forward(input).output.data,
    run(count) {
      for (let n = 0; n < count; n++) lstm.forward(input);
    },
    dispose: () => lstm.dispose(),
  };
}

function train(workload, data, runtime) {
  const { T, B, I, H, C, loss } = workload;
  const model = new Sequential(new LSTM(I, H, { runtime, timeMajor: true }), new Linear(H, C, { runtime }));
  model.loadStateDict({
    ...stateDict(workload, data, '0.'),
    '1.weight': { data: data.head_weight, shape: [C, H] },
    '1.bias': { data: data.head_bias, shape: [C] },
  });
  const optimizer = new Adam(model, { lr: LEARNING_RATE });
  const trainer = new Trainer(model, { loss: loss === 'mse' ? mse : crossEntropy, optimizer });
  const target =
    loss === 'mse' ? { data: data.target, shape: [T, B, C] } : { data: data.target, shape: [T, B] };
  const batch = { input: { data: data.x, shape: [T, B, I] }, target };
  return {
    result: () => Array.from({ length: LOSSES }, () => trainer.trainStep(batch).loss),
    run(count) {
      for (let n = 0; n < count; n++) trainer.trainStep(batch);
    },
    dispose() {
      optimizer.dispose?.();
      model.dispose();
    },
  };
}

/** The products alone: calls of the core, below the public API, which would copy its arguments. */
function product({ part, M, K, N }, data, runtime) {
  const { core } = runtime;
  const take = (values) => {
    const pointer = runtime.allocate(4 * (values.length ?? values) + 64);
    if (values.length) runtime.f32.set(values, pointer >>> 2);
    return pointer;
  };
  const panels = take((Math.max(K, N) + 16) * (Math.max(K, N) + 16));
  const [x, weight, bias, dy] = [data.x, data.weight, data.bias, data.dy].map(take);
  const size = { forward: M * N, input: M * K, weight: N * K }[part];
  const out = take(size);
  const scratch = take(core.gradientScratch(N, K) / 4);
  if (part === 'forward') core.packRows(panels, weight, N, K);
  if (part === 'input') core.packColumns(panels, weight, K, N, K);
  const once = {
    forward: () => core.linearForward(out, x, panels, bias, M, N, K),
    input: () => core.inputGradient(out, dy, panels, M, N, K),
    weight: () => core.weightGradient(out, dy, x, K, M, N, K, scratch),
  }[part];
  return {
    result() {
      runtime.f32.fill(0, out >>> 2, (out >>> 2) + size);
      once();
      return probes(size).map((n) => runtime.f32[(out >>> 2) + n]);
    },
    run(count) {
      for (let n = 0; n < count; n++) once();
    },
    dispose: () => [panels, x, weight, bias, dy, out, scratch].map((pointer) => runtime.free(pointer)),
  };
}
