import { drawFigure } from '../../chart.js';
import { linePanel } from '../../line-panel.js';
import { table } from '../../report.js';
import { exponent } from '../chart.js';
import { depthExperiment } from '../depth.js';
import { MODEL_COLOURS } from '../models.js';

export const depth = {
  asks: 'How much of the gradient reaches the bottom of a stack?',
  run({ hidden, deepest, seed }) {
    const found = depthExperiment({ hidden: 2 * hidden, deepest, steps: 20, seed });
    const linesOf = (points) =>
      found.map(({ name, stacks }) => ({ name, colour: MODEL_COLOURS[name], points: points(stacks) }));
    const tallest = linesOf((stacks) => stacks.at(-1).map((part, down) => [down, part]));
    const bottoms = linesOf((stacks) => stacks.map((parts, levels) => [levels + 1, parts.at(-1)]));
    const scale = { y: 'gradient, 1 = that of the top level', log: true, low: 1e-4, high: 1 };
    const panels = [
      { title: `a stack of ${deepest}, level by level`, x: 'levels below the top', ...scale, lines: tallest },
      { title: 'what reaches the bottom level', x: 'levels of the stack', ...scale, lines: bottoms },
    ];
    const text = table(
      ['levels', ...found.map(({ name }) => name)],
      bottoms[0].points.map(([levels], n) => [
        levels,
        ...bottoms.map(({ points }) => exponent(points[n][1])),
      ]),
    );
    return { svg: drawFigure('The gradient over depth, 20 steps', panels.map(linePanel)), text };
  },
};
