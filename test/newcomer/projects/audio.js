import assert from 'node:assert/strict';
import { copy } from '../guide.js';
import { CONSOLE } from '../project.js';

export const who = 'someone who streams audio through a model in an AudioWorklet';

export async function use(project) {
  project.write({
    'processor.js': copy('docs/audio-worklet.md', 'The processor'),
    'effect.js': copy('docs/audio-worklet.md', 'The page'),
    'index.html': `<!doctype html>\n${CONSOLE}\n<script type="module" src="page.js"></script>`,
    'page.js': PAGE,
  });
  assert.deepEqual(await project.browse('index.html', 1), ['1024 samples, all as stream() gives them: true']);
}

/** Renders sound through the node, and compares it with a stream in the page. */
const PAGE = `
import { Linear, LSTM, saveModel, Sequential } from './node_modules/lstm-wasm/build/standalone/lstm-wasm.js';
import { effectNode } from './effect.js';

const model = new Sequential(new LSTM(1, 8), new Linear(8, 1));
const context = new OfflineAudioContext(1, 1024, 44_100);
const sound = new AudioBuffer({ length: 1024, sampleRate: 44_100 });
sound.copyToChannel(Float32Array.from({ length: 1024 }, (_, n) => Math.sin(n / 10)), 0);
const source = new AudioBufferSourceNode(context, { buffer: sound });
source.connect(await effectNode(context, saveModel(model))).connect(context.destination);
source.start();
const rendered = (await context.startRendering()).getChannelData(0);
const stream = model.stream();
const same = sound.getChannelData(0).every((x, n) => stream.step(Float32Array.of(x))[0] === rendered[n]);
console.log(rendered.length + ' samples, all as stream() gives them: ' + same);
`;
