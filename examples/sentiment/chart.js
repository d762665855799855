import * as Plot from '@observablehq/plot';
import { drawFigure } from '../chart.js';
import { COLOURS } from '../palette.js';
import { percent } from '../report.js';
import { storedFigure } from '../stored-figure.js';
import { means } from './report.js';

const KINDS = {
  committee: { name: 'five BiLSTMs together', colour: COLOURS[0], mark: 'dot' },
  single: { name: 'each of the five alone', colour: COLOURS[2], mark: 'ring' },
  bayes: { name: 'naive Bayes', colour: COLOURS[1], mark: 'dot' },
};

/**
 * The accuracy on each split's test part as an SVG: the committee, each of its networks, and naive Bayes; the means are dashed.
 *
 * @param {{ seed: number, committee: number, singles: number[], bayes: number }[]} results
 */
export const drawSplits = storedFigure('sentiment', (results) => {
  const { committee, bayes } = means(results);
  const points = (kind) => results.map((result) => [result.seed, result[kind]]);
  const singles = results.flatMap(({ seed, singles }) => singles.map((share) => [seed, share]));
  const panel = {
    ...{ width: 640, height: 320, marginRight: 100 },
    legend: Object.values(KINDS),
    x: { label: 'split', type: 'point', padding: 0.5 },
    y: {
      ...{ label: 'accuracy on the test part', labelArrow: 'up', grid: true, nice: true, percent: true },
      tickFormat: (value) => `${value} %`,
    },
    marks: [
      Plot.dot(singles, { stroke: KINDS.single.colour, strokeWidth: 1.6, r: 4, dx: -28 }),
      Plot.dot(points('committee'), { fill: KINDS.committee.colour, r: 6, dx: -8 }),
      Plot.dot(points('bayes'), { fill: KINDS.bayes.colour, r: 6, dx: 16 }),
      ...average('committee', committee, committee >= bayes),
      ...average('bayes', bayes, bayes > committee),
    ],
  };
  return drawFigure('Positive and negative sentences: accuracy on the test part', [panel]);
});

/** The figure of the higher line is above it, that of the lower one below. */
function average(kind, share, isHigher) {
  const { colour } = KINDS[kind];
  return [
    Plot.ruleY([share], { stroke: colour, strokeDasharray: '5 4' }),
    Plot.text([share], {
      ...{ y: share, text: [`mean ${percent(share)}`], frameAnchor: 'right', textAnchor: 'start', dx: 8 },
      ...{ dy: isHigher ? -6 : 10, fill: colour, fontWeight: 'bold' },
    }),
  ];
}
