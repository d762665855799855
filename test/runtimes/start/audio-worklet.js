import { amplifierNode, pluck, train } from './examples/audio-worklet/amplifier.js';
import { infer } from './infer.js';
import * as lstmWasm from './node_modules/lstm-wasm/build/standalone/lstm-wasm.js';
import { sendReport } from './send-report.js';

/** What the example's node makes of a sound; without a sound card, so as fast as it can. */
async function render(dry, file, module) {
  const context = new OfflineAudioContext(1, dry.length, 44_100);
  const node = await amplifierNode(context, file, module);
  const failed = new Promise((_, reject) => {
    node.onprocessorerror = () => reject(new Error('the processor threw'));
  });
  const buffer = context.createBuffer(1, dry.length, 44_100);
  buffer.copyToChannel(dry, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(node).connect(context.destination);
  source.start();
  return (await Promise.race([context.startRendering(), failed])).getChannelData(0);
}

function streamed(dry, file) {
  const stream = lstmWasm.loadModel(file).model.stream();
  return dry.map((x) => stream.step(Float32Array.of(x))[0]);
}

/** What the processor posts that infers. */
async function inWorklet() {
  const context = new OfflineAudioContext(1, 128, 44_100);
  await context.audioWorklet.addModule('infer-processor.js');
  const node = new AudioWorkletNode(context, 'infer');
  const said = new Promise((resolve) => {
    node.port.onmessage = ({ data }) => resolve(data);
  });
  node.connect(context.destination);
  await context.startRendering();
  return said;
}

const alike = (a, b) => a.length === b.length && a.every((x, n) => Object.is(x, b[n]));

await sendReport('audio worklet', async () => {
  const [file, dry] = [await train(1), pluck(8192)];
  const expected = streamed(dry, file);
  const module = await WebAssembly.compileStreaming(fetch('node_modules/lstm-wasm/build/wasm/simd.wasm'));
  const here = JSON.stringify(infer(lstmWasm));
  const there = await inWorklet();
  const also = {
    'own binary': alike(await render(dry, file), expected) || 'other samples',
    'module passed': alike(await render(dry, file, module), expected) || 'other samples',
    'all that infers': here === there || there,
    sound: new Set(expected).size > dry.length / 2 || 'no sound',
  };
  return { alone: true, also };
});
