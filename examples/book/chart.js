import { drawFigure } from '../chart.js';
import { linePanel } from '../line-panel.js';
import { BASELINE_COLOUR, COLOURS } from '../palette.js';
import { storedFigure } from '../stored-figure.js';
import { MOST } from './curve.js';
import { count } from './wording.js';

/** What {@link drawCurve} needs of a training and of the scores on the held-out text. */
export function curveData({ curve, settings, trainer, heldOut }, { unigram, trigram, gzip, lstm }) {
  return {
    text: settings.text,
    heldOut: heldOut.length,
    steps: trainer.step,
    points: curve.points,
    bits: { unigram, trigram, gzip, lstm },
  };
}

/** The training curve as an SVG, and what each model needs for the held-out text as a dashed line. */
export const drawCurve = storedFigure('book', ({ text, heldOut, steps, points, bits }) => {
  const level = (name, value, colour) => ({
    ...{ name: `${name}: ${value.toFixed(2)}`, colour, dash: '5 4' },
    points: [
      [0, value],
      [steps, value],
    ],
  });
  const lines = [
    { name: 'LSTM during training, on the training text', colour: COLOURS[0], points },
    level('LSTM when trained, on the text held out', bits.lstm, COLOURS[3]),
    level('trigram', bits.trigram, COLOURS[1]),
    level('gzip -9', bits.gzip, COLOURS[2]),
    level('unigram', bits.unigram, BASELINE_COLOUR),
  ];
  const [low, high] = [Math.floor(bits.lstm * 2 - 0.5) / 2, Math.ceil(bits.unigram * 2 + 0.5) / 2];
  const axes = { x: 'step', y: 'bits per character', low, high };
  return drawFigure(`${text}: bits per character, ${count(heldOut)} characters held out`, [
    linePanel({ ...axes, lines, most: MOST, width: 640, height: 340 }),
  ]);
});
