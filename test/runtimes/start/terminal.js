import { createRequire } from 'node:module';
import { LSTM } from 'lstm-wasm';
import { suite } from './suite.js';

const report = await suite();
const required = createRequire(import.meta.url)('lstm-wasm');
console.log(JSON.stringify({ ...report, also: { require: required.LSTM === LSTM } }));
