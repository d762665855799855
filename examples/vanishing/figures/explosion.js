import { drawFigure } from '../../chart.js';
import { linePanel } from '../../line-panel.js';
import { COLOURS } from '../../palette.js';
import { mean, table } from '../../report.js';
import { exponent } from '../chart.js';
import { explodingTraining, growth, largeWeights } from '../explosion.js';
import { MODEL_COLOURS } from '../models.js';
import { curveTable, placesOf } from '../report.js';

const [LOW, HIGH] = [1e-10, 1e20];
const GAINS = [0.9, 1, 1.05, 1.1, 1.2];
const SCALES = [1, 2, 4, 8];
/** Losses that the mean at the end of training is of. */
const LAST = 50;

export const explosion = {
  asks: 'When does the gradient explode, and what does clipping do about it?',
  run({ hidden, lag, seed, explodingLengths, updates }) {
    const lags = 2 * lag;
    const grown = growth({ hidden, lags, gains: GAINS, seed }).map(({ gain, points }) => ({
      ...{ name: `relu RNN, U = ${gain}`, label: `U = ${gain} I`, points, colour: COLOURS[5] },
    }));
    const large = largeWeights({ hidden, lags, scales: SCALES, seed });
    const scaled = ['RNN', 'LSTM, b_f = 1'].map((model) =>
      large
        .filter(({ name }) => name === model)
        .map(({ name, scale, points }) => ({
          ...{
            name: `${name}, U times ${scale}`,
            label: `U × ${scale}`,
            points,
            colour: MODEL_COLOURS[name],
          },
        })),
    );
    const runs = explodingTraining({ hidden, lengths: explodingLengths, gain: 1.1, updates, lr: 0.01, seed });
    const panels = [
      growthPanel('relu RNN, U a multiple of I', grown),
      growthPanel('tanh RNN, initial U multiplied', scaled[0]),
      growthPanel('LSTM, b_f = 1, initial U multiplied', scaled[1]),
    ];
    const places = placesOf(lag).filter((place) => place <= lags);
    const curves = curveTable('steps back', [...grown, ...scaled.flat()], places, [LOW, HIGH]);
    return {
      svg: drawFigure('Explosion: how the gradient grows on its way back', panels),
      text: [curves, trainingTable(runs), warningsOf(runs)].join('\n\n'),
    };
  },
};

function growthPanel(title, lines) {
  return linePanel({
    ...{ title, x: { label: 'steps back', ticks: 3 }, y: 'gradient, 1 = that at the last step', width: 276 },
    ...{ log: true, low: LOW, high: HIGH, lines },
  });
}

function trainingTable(runs) {
  return table(
    ['steps', 'clipped', 'updates', 'largest norm', 'first loss', `last ${LAST}`, 'stopped by'],
    runs.map(({ steps, clipNorm, losses, norms, error }) => [
      ...[steps, clipNorm ? `at ${clipNorm}` : 'no', losses.length],
      norms.length ? exponent(Math.max(...norms)) : '',
      ...[losses[0], mean(losses.slice(-LAST))].map((loss) => (Number.isFinite(loss) ? exponent(loss) : '')),
      error?.replace('; nothing was changed', '') ?? '',
    ]),
  );
}

function warningsOf(runs) {
  return [
    ...new Set(runs.flatMap(({ steps, warning }) => (warning ? `${steps} steps: ${warning}` : []))),
  ].join('\n');
}
