import { infer } from './infer.js';
import * as lstmWasm from './node_modules/lstm-wasm/build/standalone/lstm-wasm.js';

registerProcessor(
  'infer',
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      try {
        this.port.postMessage(JSON.stringify(infer(lstmWasm)));
      } catch (error) {
        this.port.postMessage(String(error?.stack ?? error));
      }
    }
    process() {
      return true;
    }
  },
);
