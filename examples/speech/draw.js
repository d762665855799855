import * as Plot from '@observablehq/plot';
import { softmax } from 'lstm-wasm';
import { COLOURS, drawFigure } from '../chart.js';
import { grayscale } from './picture.js';
import { SAMPLE_RATE } from './recordings.js';

const BLANK = { name: 'blank, as CTC says at a step that writes nothing', colour: '#999999', dash: '3 3' };
const DIGIT = { name: 'the likeliest digit at each step', colour: COLOURS[0] };
const LSTM = { name: 'LSTM on a speaker never heard before', colour: COLOURS[0] };
const TEMPLATES = { name: 'nearest recording, time warped, likewise', colour: COLOURS[1] };

/** The picture stands above the range of probabilities. */
const AXES = [
  { y: 0.5, text: 'probability' },
  { y: 1.6, text: '0 to 4 kHz' },
];

/** @param {{ listening?: { recognizer, string }, speakers?: { speaker, lstm, templates }[] }} measured what there is of it */
export function drawSpeech({ listening, speakers }) {
  const panels = [listening && listeningPanel(listening), speakers && speakersPanel(speakers)].filter(
    Boolean,
  );
  return drawFigure('Spoken digits, heard by an LSTM', panels);
}

/** The spectrogram of a string over what the transcriber makes of it, step by step. */
function listeningPanel({ recognizer, string }) {
  const { samples, digits, speaker } = string;
  const end = samples.length / SAMPLE_RATE;
  const steps = stepsOf(recognizer, samples);
  const src = grayscale(recognizer.features.frames(samples));
  return {
    title: `“${digits.join(' ')}”, said by ${speaker} (test part)`,
    ...{ width: 640, legend: [DIGIT, BLANK] },
    x: { label: 's', domain: [0, end] },
    y: { label: null, domain: [0, 2.1], ticks: [0, 0.5, 1] },
    marks: [
      Plot.image([0], {
        ...{ src: () => src, x: end / 2, y: 1.6, preserveAspectRatio: 'none', imageRendering: 'pixelated' },
        ...{ width: 640 - 56 - 20, height: 108 },
      }),
      Plot.text(AXES, {
        y: 'y',
        text: 'text',
        frameAnchor: 'left',
        textAnchor: 'middle',
        rotate: -90,
        dx: -44,
      }),
      Plot.line(steps, { x: 'time', y: 'blank', stroke: BLANK.colour, strokeDasharray: BLANK.dash }),
      Plot.line(steps, { x: 'time', y: 'probability', stroke: DIGIT.colour, strokeWidth: 1.6 }),
      Plot.text(steps.filter(isPeak), {
        ...{ x: 'time', y: 'probability', text: 'digit', dy: -8, fill: DIGIT.colour, fontWeight: 'bold' },
      }),
    ],
  };
}

function stepsOf(recognizer, samples) {
  const { data, shape } = softmax(recognizer.forward(samples));
  const { hop, window } = recognizer.features;
  return Array.from({ length: shape[0] }, (_, n) => {
    const [blank, ...digits] = data.subarray(n * shape[1], (n + 1) * shape[1]);
    const probability = Math.max(...digits);
    // Told when its last sample is there.
    return { time: (n * hop + window) / SAMPLE_RATE, blank, probability, digit: digits.indexOf(probability) };
  });
}

/** Where a digit is written: its likeliest step. */
function isPeak({ probability, blank }, n, steps) {
  const before = steps[n - 1]?.probability ?? 0;
  const after = steps[n + 1]?.probability ?? 0;
  return probability > blank && probability > before && probability >= after;
}

function speakersPanel(speakers) {
  const dots = (kind, { colour }) => Plot.dot(speakers, { x: 'speaker', y: kind, fill: colour, r: 5 });
  return {
    title: 'Digits right, speaker by speaker',
    ...{ width: 420, legend: [LSTM, TEMPLATES] },
    x: { label: null, type: 'point', padding: 0.5 },
    y: { label: null, grid: true, nice: true, percent: true, tickFormat: (value) => `${value} %` },
    marks: [dots('lstm', LSTM), dots('templates', TEMPLATES)],
  };
}
