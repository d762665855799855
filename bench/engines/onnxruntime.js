// onnxruntime, `variant` web (wasm) or node (native). A step runs the LSTM operator or plain operators, whichever is faster.

import { dataOf, STEPS } from '../data.js';
import { cellModel, lstmModel } from './onnx-model.js';
import { installedVersion } from './version.js';

const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' };

export async function open(variant) {
  const name = variant === 'web' ? 'onnxruntime-web/wasm' : 'onnxruntime-node';
  const library = await import(name);
  const ort = library.default?.InferenceSession ? library.default : library;
  if (variant === 'web') ort.env.wasm.numThreads = 1;
  const settings = { ...OPTIONS, executionProviders: [variant === 'web' ? 'wasm' : 'cpu'] };
  const load = (model) => ort.InferenceSession.create(model, settings);
  return {
    version: installedVersion(`onnxruntime-${variant}`),
    prepare(workload) {
      const data = dataOf(workload);
      return workload.kind === 'step'
        ? fasterStep(ort, load, workload, data)
        : sequence(ort, load, workload, data);
    },
  };
}

async function sequence(ort, load, workload, data) {
  const { T, B, I, H } = workload;
  const session = await load(lstmModel(workload, data));
  const zeros = () => new ort.Tensor('float32', new Float32Array(B * H), [1, B, H]);
  const feeds = { X: new ort.Tensor('float32', data.x, [T, B, I]), h: zeros(), c: zeros() };
  return {
    result: async () => (await session.run(feeds)).Y.data,
    async run(count) {
      for (let n = 0; n < count; n++) await session.run(feeds);
    },
    dispose: () => session.release(),
  };
}

async function fasterStep(ort, load, workload, data) {
  const { I, H } = workload;
  const operator = await stepOf(ort, await load(lstmModel(workload, data)), data, [1, 1, I], [1, 1, H]);
  const cell = await stepOf(ort, await load(cellModel(workload, data)), data, [1, I], [1, H]);
  const seconds = [];
  for (const job of [operator, cell]) {
    await job.run(2000);
    const start = performance.now();
    await job.run(1000);
    seconds.push(performance.now() - start);
  }
  const [kept, other] = seconds[0] <= seconds[1] ? [operator, cell] : [cell, operator];
  await other.dispose();
  return { ...kept, note: kept === operator ? 'LSTM operator' : 'plain operators' };
}

function stepOf(ort, session, data, shapeX, shapeH) {
  const [I, H] = [shapeX.at(-1), shapeH.at(-1)];
  const zeros = () => new ort.Tensor('float32', new Float32Array(H), shapeH);
  const outputs = ['hN', 'cN'];
  let state = { hN: zeros(), cN: zeros() };
  const X = new ort.Tensor('float32', data.x.slice(0, I), shapeX);
  return {
    async result() {
      state = { hN: zeros(), cN: zeros() };
      for (let t = 0; t < STEPS; t++) {
        const x = new ort.Tensor('float32', data.x.slice(t * I, (t + 1) * I), shapeX);
        state = await session.run({ X: x, h: state.hN, c: state.cN }, outputs);
      }
      return [...state.hN.data, ...state.cN.data];
    },
    async run(count) {
      for (let n = 0; n < count; n++) {
        state = await session.run({ X, h: state.hN, c: state.cN }, outputs);
      }
    },
    dispose: () => session.release(),
  };
}
