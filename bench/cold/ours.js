import { createRuntime, LSTM } from '../../build/index.js';
import { report } from './report.js';

const binary = process.argv[2] === 'relaxed' ? (await import('../../build/relaxed.js')).relaxed : undefined;
const begin = performance.now();
const runtime = createRuntime(binary && { binary });
const instantiation = performance.now() - begin;
const { output } = new LSTM(64, 128, { runtime }).forward({ data: new Float32Array(64), shape: [1, 64] });
report(output.data[0], { instantiation });
