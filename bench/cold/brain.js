import brain from 'brain.js';
import { report } from './report.js';

const net = new brain.recurrent.LSTMTimeStep({ inputSize: 64, outputSize: 64, hiddenLayers: [128] });
net.initialize();
net.bindEquation();
report(net.model.equations[0].runInput(new Float32Array(64)).weights[0]);
