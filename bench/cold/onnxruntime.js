import { readFileSync } from 'node:fs';
import { report } from './report.js';

const [, , library, model] = process.argv;
const module = await import(library);
const ort = module.default?.InferenceSession ? module.default : module;
if (ort.env.wasm) ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(readFileSync(model), { intraOpNumThreads: 1 });
const zeros = (size, shape) => new ort.Tensor('float32', new Float32Array(size), shape);
const feeds = { X: zeros(64, [1, 1, 64]), h: zeros(128, [1, 1, 128]), c: zeros(128, [1, 1, 128]) };
report((await session.run(feeds)).Y.data[0]);
