import * as Plot from '@observablehq/plot';
import { COLOURS, drawFigure, linePanel } from '../chart.js';
import { translate, WIDTH } from './translate.js';

const SENTENCE = 'The black cat sleeps here.';

/**
 * How training went, what it came to beside the baseline, and where the decoder looks in one sentence.
 *
 * @param {{ model, vocabularies, curve: [epoch: number, surprise: number][] }} translator
 * @param {{ name: string, chrF: number }[]} results
 */
export function drawTranslation(translator, results) {
  return drawFigure('English into French: an LSTM encoder and decoder with attention', [
    curvePanel(translator.curve),
    barPanel(results),
    attentionPanel(translate(translator, [SENTENCE], { width: WIDTH })[0]),
  ]);
}

function curvePanel(points) {
  return {
    ...linePanel({ x: 'epochs', lines: [{ colour: COLOURS[0], points }] }),
    title: 'Nats a word on the validation part',
    legend: [],
    width: 300,
  };
}

function barPanel(results) {
  return {
    title: 'chrF on the test part',
    width: 340,
    x: { label: null, domain: results.map(({ name }) => name) },
    y: { label: null, domain: [0, 100], grid: true },
    marks: [
      Plot.barY(results, {
        x: 'name',
        y: 'chrF',
        fill: ({ name }) => (name === results[0].name ? COLOURS[1] : COLOURS[0]),
      }),
      Plot.text(results, { x: 'name', y: 'chrF', text: ({ chrF }) => chrF.toFixed(1), dy: -8 }),
    ],
  };
}

function attentionPanel({ read, written, looked }) {
  const rows = [...written, '(end)'].slice(0, looked.length);
  // A word may come twice, so that places stand for words.
  const cells = looked.flatMap((weights, row) =>
    Array.from(weights, (weight, column) => ({ row, column, weight })),
  );
  return {
    title: 'Where the decoder looks',
    x: { label: null, axis: 'top', tickFormat: (n) => read[n], domain: read.keys() },
    y: { label: null, tickFormat: (n) => rows[n], domain: rows.keys() },
    color: { domain: [0, 1], range: ['#ffffff', COLOURS[0]] },
    marginLeft: 80,
    marginTop: 24,
    marks: [Plot.cell(cells, { x: 'column', y: 'row', fill: 'weight', inset: 1, stroke: '#dddddd' })],
  };
}
