import * as Plot from '@observablehq/plot';
import { softmax } from 'lstm-wasm';
import { drawFigure } from '../chart.js';
import { COLOURS } from '../palette.js';
import { storedFigure } from '../stored-figure.js';
import { grayscale } from './picture.js';
import { SAMPLE_RATE } from './recordings.js';

const BLANK = { name: 'blank: nothing is written', colour: COLOURS[5], dash: '3 3' };
const DIGIT = { name: 'the likeliest digit at each step', colour: COLOURS[3] };
const LSTM = { name: 'LSTM, on a speaker not in training', colour: COLOURS[0], mark: 'dot' };
const TEMPLATES = {
  name: 'nearest recording by time warping, for the same speaker',
  colour: COLOURS[1],
  mark: 'dot',
};
const WIDTH = 680;
const [LEFT, RIGHT] = [56, 20];

/** What the transcriber makes of a string, step by step, for {@link drawSpeech}. */
export function listeningData({ recognizer, string }) {
  const { samples, digits, speaker } = string;
  const steps = stepsOf(recognizer, samples);
  return {
    ...{ digits, speaker, seconds: samples.length / SAMPLE_RATE },
    spectrogram: grayscale(recognizer.features.frames(samples)),
    steps: steps.map(({ time, blank, probability }) => [time, blank, probability]),
    written: steps.filter(isPeak).map(({ time, probability, digit }) => [time, probability, digit]),
  };
}

/**
 * What was measured, as an SVG; each part is optional.
 *
 * @param {{ listening?: ReturnType<typeof listeningData>, speakers?: { speaker: string, lstm: number, templates: number }[] }} data
 */
export const drawSpeech = storedFigure('speech', ({ listening, speakers }) => {
  const panels = [
    ...(listening ? [spectrogramPanel(listening), stepsPanel(listening)] : []),
    ...(speakers ? [speakersPanel(speakers)] : []),
  ];
  return drawFigure('Spoken digits recognized by an LSTM', panels, { columns: 1 });
});

function spectrogramPanel({ digits, speaker, seconds, spectrogram }) {
  const [height, marginTop, marginBottom] = [150, 24, 24];
  return {
    title: `“${digits.join(' ')}”, said by ${speaker} (test part)`,
    ...{ width: WIDTH, height, marginTop, marginBottom, marginLeft: LEFT, marginRight: RIGHT },
    x: { domain: [0, seconds], label: null },
    y: { label: 'frequency (kHz)', domain: [0, SAMPLE_RATE / 2000], ticks: [0, 2, 4] },
    marks: [
      Plot.image([0], {
        ...{ src: () => spectrogram, preserveAspectRatio: 'none', imageRendering: 'pixelated' },
        ...{ x: seconds / 2, y: SAMPLE_RATE / 4000 },
        ...{ width: WIDTH - LEFT - RIGHT, height: height - marginTop - marginBottom },
      }),
    ],
  };
}

function stepsPanel({ seconds, steps, written }) {
  return {
    ...{ width: WIDTH, height: 210, marginLeft: LEFT, marginRight: RIGHT, legend: [DIGIT, BLANK] },
    x: { label: 'time (s)', domain: [0, seconds] },
    y: { label: 'probability', domain: [0, 1.15], ticks: [0, 0.5, 1] },
    marks: [
      Plot.line(steps, { x: '0', y: '1', stroke: BLANK.colour, strokeDasharray: BLANK.dash }),
      Plot.line(steps, { x: '0', y: '2', stroke: DIGIT.colour, strokeWidth: 1.6 }),
      Plot.text(written, {
        ...{ x: '0', y: '1', text: '2', dy: -8, fill: DIGIT.colour, fontWeight: 'bold' },
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
    // A step is known when its last sample is.
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
    title: 'Digits recognized, by speaker',
    ...{ width: WIDTH, marginLeft: LEFT, marginRight: RIGHT, legend: [LSTM, TEMPLATES] },
    x: { label: 'speaker', type: 'point', padding: 0.5 },
    y: {
      ...{ label: 'right', labelArrow: 'up', grid: true, nice: true, percent: true },
      tickFormat: (value) => `${value} %`,
    },
    marks: [dots('lstm', LSTM), dots('templates', TEMPLATES)],
  };
}
