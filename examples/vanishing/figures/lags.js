import { drawFigure } from '../../chart.js';
import { linePanel } from '../../line-panel.js';
import { exponent } from '../chart.js';
import { lagsExperiment } from '../lags.js';
import { MODEL_COLOURS } from '../models.js';
import { curveTable, FLOOR, placesOf } from '../report.js';
import { BASELINE } from '../task.js';

export const lags = {
  asks: 'How much of the gradient is left after a number of steps back?',
  run(sizes) {
    const { lag } = sizes;
    const found = lagsExperiment(sizes);
    const panels = found.map(({ when, curves }) =>
      linePanel({
        ...{ title: when, x: { label: 'steps back', ticks: 4 }, y: 'gradient left, 1 = all', width: 276 },
        ...{ log: true, low: FLOOR, high: 100 },
        lines: curves.map(({ name, points }) => ({ name, points, colour: MODEL_COLOURS[name] })),
      }),
    );
    const error = { [`error of each seed, lag ${lag}`]: ({ errors }) => errors.map(exponent).join(', ') };
    const texts = found.map(({ when, curves }) =>
      curveTable(`${when}; steps back`, curves, placesOf(lag), [FLOOR, 1], error),
    );
    const title = `The gradient that is left: ∂loss/∂h of the RNN, ∂loss/∂c of the LSTMs, trained on lag ${lag}`;
    return {
      svg: drawFigure(title, panels),
      text: `${texts.join('\n\n')}\n\nAlways answering 0 has an error of ${BASELINE.toFixed(4)}.`,
    };
  },
};
