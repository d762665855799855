import { LSTM } from 'lstm-wasm';
import { tell } from './tell.js';

await tell('policy', async () => {
  try {
    new LSTM(1, 1);
  } catch (error) {
    return { said: error.message };
  }
  return { said: 'nothing' };
});
