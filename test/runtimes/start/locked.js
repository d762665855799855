import { LSTM } from 'lstm-wasm';
import { sendReport } from './send-report.js';

await sendReport('policy', async () => {
  try {
    new LSTM(1, 1);
  } catch (error) {
    return { said: error.message };
  }
  return { said: 'nothing' };
});
