// Runs on the audio thread: one step of an LSTM for each sample. A worklet has no import map, so the path is spelled out.

import { createRuntime, loadModel } from '../../build/standalone/lstm-wasm.js';

class Amplifier extends AudioWorkletProcessor {
  constructor({ processorOptions: { file, module } }) {
    super();
    // Everything that takes memory happens here, not while sound is played.
    const runtime = createRuntime(module && { module });
    this.stream = loadModel(file, { runtime }).model.stream();
    this.x = new Float32Array(1);
    this.y = new Float32Array(1);
  }

  /** Blocks of 128 samples. A step with an output array of its own allocates nothing. */
  process([[input]], [[output]]) {
    const { stream, x, y } = this;
    for (let n = 0; n < output.length; n++) {
      x[0] = input === undefined ? 0 : input[n];
      stream.step(x, y);
      output[n] = y[0];
    }
    return true;
  }
}

registerProcessor('amplifier', Amplifier);
