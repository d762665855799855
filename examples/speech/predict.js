// Reads a WAV file as if it came from a microphone, and prints what it recognizes as it goes: `node examples/speech/predict.js digit.wav`.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWav } from 'lstm-wasm/data';
import { command, UsageError } from '../command.js';
import { percent } from '../report.js';
import { beliefOf } from './digits.js';
import { HELP, readSound } from './options.js';
import { Recognizer } from './recognizer.js';
import { SAMPLE_RATE } from './recordings.js';
import { Transcript } from './transcriber.js';

/** Seconds of audio per chunk, and between two printed lines. */
const PIECE = 0.1;

await command('predict', async (args) => {
  const { help, kind, model, file } = readSound(args);
  if (help) {
    console.log(HELP);
    return;
  }
  const recognizer = await Recognizer.load(join(model, `${kind}.safetensors`), kind);
  const samples = await readSamples(file);
  const { window } = recognizer.features;
  if (samples.length < window)
    throw new UsageError(`${file} expected at least ${window} samples, got ${samples.length}`);
  if (kind === 'digits') printDigit(recognizer, samples);
  else printString(recognizer, samples);
});

/** @throws UsageError */
async function readSamples(file) {
  const wav = await readFile(file)
    .then(readWav)
    .catch(({ message }) => {
      throw new UsageError(`${file} cannot be read as a WAV file: ${message.split('\n')[0]}`);
    });
  if (wav.sampleRate === SAMPLE_RATE) return wav.mono;
  throw new UsageError(`${file} expected ${SAMPLE_RATE} samples a second, got ${wav.sampleRate}`);
}

function printDigit(recognizer, samples) {
  let belief;
  for (const { seconds, rows } of stream(recognizer, samples)) {
    if (rows.length === 0) continue;
    belief = beliefOf(rows.at(-1));
    const bar = '█'.repeat(Math.round(20 * belief.probability));
    console.log(`${seconds} s  ${belief.digit}  ${percent(belief.probability).padStart(7)}  ${bar}`);
  }
  console.log(`It is ${belief.digit}.`);
}

function printString(recognizer, samples) {
  const transcript = new Transcript();
  for (const { seconds, rows } of stream(recognizer, samples)) {
    const begun = rows.map((logits) => transcript.add(logits)).filter((digit) => digit !== undefined);
    if (begun.length > 0) console.log(`${seconds} s  ${begun.join(' ')}`);
  }
  console.log(
    transcript.digits.length > 0 ? `It is ${transcript.digits.join(' ')}.` : 'There is no digit in it.',
  );
}

/** Recognizes piece by piece; yields the time and the logits of the steps that each piece completes. */
function* stream(recognizer, samples) {
  const listener = recognizer.listen();
  const piece = PIECE * SAMPLE_RATE;
  for (let at = 0; at < samples.length; at += piece) {
    const end = Math.min(samples.length, at + piece);
    const rows = listener.push(samples.subarray(at, end));
    yield { seconds: (end / SAMPLE_RATE).toFixed(2).padStart(5), rows };
  }
  listener.dispose();
}
