import * as Plot from '@observablehq/plot';
import { drawFigure } from '../chart.js';
import { linePanel } from '../line-panel.js';
import { COLOURS, INK } from '../palette.js';
import { storedFigure } from '../stored-figure.js';
import { translate, WIDTH } from './translate.js';

/** Two sentences whose attention is drawn, with their translations: one for whose order of words the model has seen many, and one with another. */
const SENTENCES = [
  { english: "She doesn't like tea.", french: "Elle n'aime pas le thé." },
  { english: 'The black cat sleeps here.', french: 'Le chat noir dort ici.' },
];
const MAP = COLOURS[3];
const [BASELINE, MODEL] = [COLOURS[1], COLOURS[0]];

/**
 * What {@link drawTranslation} draws.
 *
 * @param {{ model, vocabularies, curve: [epoch: number, surprise: number][] }} translator
 * @param {{ name: string, chrF: number }[]} results the baseline first
 */
export function translationData(translator, results) {
  const texts = SENTENCES.map(({ english }) => english);
  const found = translate(translator, texts, { width: WIDTH });
  return {
    curve: translator.curve,
    results: results.map(({ name, chrF }) => ({ name, chrF })),
    sentences: found.map(({ text, read, written, attention }, n) => ({
      ...SENTENCES[n],
      ...{ text, read, written },
      attention: attention.map((weights) => Array.from(weights)),
    })),
  };
}

/** How training went, the scores beside the baseline, and where the decoder looks in two sentences. */
export const drawTranslation = storedFigure('translation', ({ curve, results, sentences }) =>
  drawFigure(
    'English into French: an LSTM encoder and decoder with attention',
    [curvePanel(curve), barPanel(results), ...sentences.map(attentionPanel)],
    { columns: 2 },
  ),
);

function curvePanel(points) {
  return {
    ...linePanel({
      x: { label: 'epoch', domain: [0, Math.ceil(points.at(-1)[0])] },
      y: 'nats per word on the validation part',
      low: 1,
      lines: [{ colour: MODEL, points }],
    }),
    title: 'Training',
    legend: [],
    height: 260,
  };
}

function barPanel(results) {
  return {
    title: 'Test part: baseline and the two ways of searching',
    height: 260,
    x: { label: 'method', domain: results.map(({ name }) => name) },
    y: { label: 'chrF (0 to 100)', domain: [0, 100], grid: true },
    marks: [
      Plot.barY(results, {
        x: 'name',
        y: 'chrF',
        fill: ({ name }) => (name === results[0].name ? BASELINE : MODEL),
      }),
      Plot.text(results, { x: 'name', y: 'chrF', text: ({ chrF }) => chrF.toFixed(1), dy: -8 }),
    ],
  };
}

/** The weights of the English words (columns) for each French one (rows); the title says whether the translation is right. */
function attentionPanel({ english, french, text, read, written, attention }) {
  const rows = [...written, '(end)'].slice(0, attention.length);
  // A word may occur twice, so positions stand for words.
  const cells = attention.flatMap((weights, row) =>
    weights.map((weight, column) => ({ row, column, weight })),
  );
  const isRight = text === french;
  return {
    title: `${isRight ? 'Right' : 'Wrong'}: “${english}” → “${text}”${isRight ? '' : `, not “${french}”`}`,
    legend: [{ name: 'attention weight, 0 (empty) to 1 (full)', colour: MAP, mark: 'area' }],
    ...{ height: 90 + 30 * rows.length, marginLeft: 84, marginTop: 48, marginBottom: 12 },
    x: {
      label: 'English word',
      axis: 'top',
      tickSize: 0,
      tickFormat: (n) => token(read[n]),
      domain: read.keys(),
    },
    y: { label: 'French word', tickSize: 0, tickFormat: (n) => token(rows[n]), domain: rows.keys() },
    marks: [
      Plot.cell(cells, {
        ...{ x: 'column', y: 'row', inset: 1, fill: MAP, fillOpacity: ({ weight }) => 0.85 * weight },
        ...{ stroke: INK, strokeOpacity: 0.2 },
      }),
    ],
    opacity: { type: 'identity' },
  };
}

/** A full stop by itself would pass for a tick. */
function token(word) {
  return /^\p{P}+$/u.test(word) ? `“${word}”` : word;
}
