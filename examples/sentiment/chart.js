import * as Plot from '@observablehq/plot';
import { COLOURS, drawFigure } from '../chart.js';
import { percent } from '../report.js';
import { means } from './report.js';

const KINDS = {
  committee: { name: 'five BiLSTMs together', colour: COLOURS[0] },
  single: { name: 'each of them alone', colour: '#8fbbdd' },
  bayes: { name: 'naive Bayes', colour: COLOURS[1] },
};

/**
 * The accuracy on each split's test part as an SVG: the committee, each of its networks, and naive Bayes; dashed, the means.
 *
 * @param {{ seed: number, committee: number, singles: number[], bayes: number }[]} results
 */
export function drawSplits(results) {
  const { committee, bayes } = means(results);
  const panel = {
    ...{ width: 640, height: 320, marginRight: 100 },
    legend: Object.values(KINDS),
    x: { label: null, type: 'point', padding: 0.5 },
    y: { label: null, grid: true, nice: true, percent: true, tickFormat: (value) => `${value} %` },
    marks: [
      ...dots(
        'single',
        results.flatMap(({ seed, singles }) => singles.map((share) => [seed, share])),
        -14,
      ),
      ...dots(
        'committee',
        results.map((result) => [result.seed, result.committee]),
        -14,
      ),
      ...dots(
        'bayes',
        results.map((result) => [result.seed, result.bayes]),
        14,
      ),
      ...average('committee', committee, committee >= bayes),
      ...average('bayes', bayes, bayes > committee),
    ],
  };
  return drawFigure('Sentences told positive from negative: accuracy on the test part', [panel]);
}

function dots(kind, shares, dx) {
  const data = shares.map(([seed, share]) => [`split ${seed}`, share]);
  return [Plot.dot(data, { fill: KINDS[kind].colour, r: kind === 'single' ? 4 : 6, dx })];
}

/** Its figure is above the line of the higher one, and below that of the lower. */
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
