import { Adam, Linear, LSTM, mse, Sequential, Trainer } from 'lstm-wasm';
import { batches } from 'lstm-wasm/data';
import { trainInWorker } from 'lstm-wasm/worker';
import { start } from './page.js';

start({ Adam, batches, Linear, LSTM, mse, Sequential, Trainer, trainInWorker });
