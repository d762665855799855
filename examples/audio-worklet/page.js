import { amplifierNode, pluck, train } from './amplifier.js';

const status = document.getElementById('status');

document.getElementById('play').onclick = async () => {
  const context = new AudioContext();
  try {
    const file = await train(30, (loss) => {
      status.textContent = `Training: loss ${loss.toFixed(4)}`;
    });
    const node = await amplifierNode(context, file);
    const dry = pluck(4 * context.sampleRate, context.sampleRate);
    const buffer = context.createBuffer(1, dry.length, context.sampleRate);
    buffer.copyToChannel(dry, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.onended = () => context.close();
    source.start();
    status.textContent = 'Playing.';
  } catch (error) {
    status.textContent = error.message;
  }
};
