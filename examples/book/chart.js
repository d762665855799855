import { COLOURS, drawFigure, linePanel } from '../chart.js';
import { MOST } from './curve.js';
import { count } from './wording.js';

/** The training curve as an SVG, with what the models need for the held-out text as lines. */
export function drawCurve({ curve, settings, trainer, heldOut }, { unigram, trigram, gzip, lstm }) {
  const curved = { name: 'LSTM while it trains, on what it trains on', points: curve.points };
  const level = (name, bits) => ({
    name: `${name}: ${bits.toFixed(2)}`,
    dash: '5 4',
    points: [
      [0, bits],
      [trainer.step, bits],
    ],
  });
  const lines = [
    { ...curved, colour: COLOURS[0] },
    { ...level('LSTM when trained, on the text held out', lstm), colour: COLOURS[0] },
    { ...level('trigram', trigram), colour: COLOURS[1] },
    { ...level('gzip -9', gzip), colour: COLOURS[2] },
    { ...level('unigram', unigram), colour: COLOURS[5] },
  ];
  const [low, high] = [Math.floor(lstm * 2 - 0.5) / 2, Math.ceil(unigram * 2 + 0.5) / 2];
  return drawFigure(`${settings.text}: bits a character, ${count(heldOut.length)} characters held out`, [
    linePanel({
      x: 'step',
      y: 'bits a character',
      low,
      high,
      lines,
      most: MOST,
      width: 640,
      height: 340,
    }),
  ]);
}
