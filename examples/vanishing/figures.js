import { drawFigure, linePanel } from '../chart.js';
import { table } from '../report.js';
import { drawGrid, exponent } from './chart.js';
import { costExperiment } from './cost.js';
import { depthExperiment } from './depth.js';
import { explodingTraining, growth, largeWeights } from './explosion.js';
import { closingGate, heldGates } from './gate.js';
import { gridExperiment } from './grid.js';
import { lagsExperiment } from './lags.js';
import { memoryExperiment } from './memory.js';
import { COLOURS } from './models.js';
import { curveTable } from './report.js';
import { BASELINE } from './task.js';

/*
 * Each figure: what it asks in one line, and from the sizes what it draws, `svg` (none where it would differ from run to run), and
 * what it prints, `text`.
 */

const colour = (n) => COLOURS[n % COLOURS.length];
const FLOOR = 1e-20;
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export const FIGURES = {
  lags: {
    asks: 'How much of the gradient is left so many steps back?',
    run(sizes) {
      const { lags, trainSteps } = sizes;
      const found = lagsExperiment(sizes);
      const panels = found.map(({ when, curves }) => ({
        ...{ title: when, x: 'steps back' },
        ...{ log: true, low: FLOOR, high: 10 },
        lines: curves.map(({ name, points }, n) => ({ name, points, colour: colour(n) })),
      }));
      const places = [10, 50, 100, 200, 500].filter((place) => place <= lags);
      const error = {
        [`error of each seed, lag ${trainSteps}`]: ({ errors }) => errors.map(exponent).join(', '),
      };
      const texts = found.map(({ when, curves }) =>
        curveTable(`${when}; steps back`, curves, places, [FLOOR, 1], error),
      );
      const title = `The gradient that is left of ∂loss/∂h (RNN) and ∂loss/∂c (LSTM), trained on lag ${trainSteps}`;
      return {
        svg: drawFigure(title, panels.map(linePanel)),
        text: `${texts.join('\n\n')}\n\nAlways answering 0 has an error of ${BASELINE.toFixed(4)}.`,
      };
    },
  },

  gate: {
    asks: 'What does the forget gate do to the gradient, driven by hand?',
    run({ lags }) {
      const held = heldGates({ lags });
      const lines = held.map(({ f, points }, n) => ({
        name: `f = ${f} throughout`,
        points,
        colour: colour(n),
      }));
      const { gate, left, product } = closingGate();
      const closing = [
        { name: 'the forget gate', points: gate, colour: '#999999', dash: '2 3' },
        { name: '‖∂loss/∂c‖, a part of that at the last step', points: left, colour: '#111111' },
      ];
      const panels = [
        { title: 'held still: what is left', x: 'steps back', log: true, low: FLOOR, high: 1, lines },
        { title: 'shut for four of 100 steps', x: 'step', log: true, low: 1e-5, high: 1, lines: closing },
      ];
      const power = table(
        ['f', `left after ${lags} steps`, `f^${lags}`],
        held.map(({ f, points, power }) => [f, exponent(points.at(-1)[1]), exponent(power)]),
      );
      const at = table(
        ['step', 'f', 'left of the gradient', 'product of the gates'],
        [1, 40, 41, 44, 45, 100].map((step) => [
          step,
          ...[gate, left, product].map((one) => exponent(one[step - 1][1])),
        ]),
      );
      return {
        svg: drawFigure('A forget gate driven by hand', panels.map(linePanel)),
        text: `${power}\n\n${at}`,
      };
    },
  },

  memory: {
    asks: 'What does a trained LSTM remember as its forget gates close, and as sequences grow?',
    run(sizes) {
      const { closing, growing, trainSteps } = memoryExperiment({ ...sizes, trainSteps: sizes.memorySteps });
      const guess = (points) => ({
        ...{ name: `always 0: ${BASELINE.toFixed(3)}`, colour: '#999999', dash: '5 4' },
        points: points.map(([x]) => [x, BASELINE]),
      });
      const line = (name, points, n) => ({ name, points, colour: colour(n) });
      const panels = [
        {
          ...{
            title: 'as the forget gates close',
            x: 'added to the forget biases',
            log: true,
            low: 1e-4,
            high: 10,
          },
          lines: [
            line(
              `squared error over ${trainSteps} steps`,
              closing.toReversed?.() ?? [...closing].reverse(),
              1,
            ),
            guess(closing),
          ],
        },
        {
          ...{ title: 'as the sequence outgrows it', x: 'steps', log: true, low: 1e-4, high: 10 },
          lines: [line(`squared error, learned over ${trainSteps} steps`, growing, 2), guess(growing)],
        },
      ];
      const rows = (points) => points.map(([x, error]) => [x, error.toFixed(4)]);
      const text = [
        table(['added to b_f', 'error'], rows(closing)),
        table(['steps', 'error'], rows(growing)),
      ];
      return { svg: drawFigure('A trained LSTM forgets', panels.map(linePanel)), text: text.join('\n\n') };
    },
  },

  explosion: {
    asks: 'When does the gradient explode, and what does clipping do about it?',
    run({ hidden, explodingLags, explodingLengths, updates }) {
      const grown = growth({ hidden, lags: explodingLags, gains: [0.9, 1, 1.05, 1.1, 1.2] });
      const large = largeWeights({ hidden, lags: explodingLags, scales: [1, 2, 4, 8] });
      const runs = explodingTraining({ hidden, lengths: explodingLengths, gain: 1.1, updates, lr: 0.01 });
      const gains = grown.map(({ gain, points }, n) => ({
        name: `relu RNN, U = ${gain}`,
        points,
        colour: colour(n),
      }));
      const scaled = large.map(({ name, scale, points }, n) => ({
        ...{ name: `${name}, U times ${scale}`, points, colour: colour(n % 4) },
        ...(n >= 4 && { dash: '4 3' }),
      }));
      const panels = [
        {
          title: 'relu units that read themselves',
          x: 'steps back',
          log: true,
          low: 1e-10,
          high: 1e20,
          lines: gains,
        },
        {
          title: 'large initial weights, tanh',
          x: 'steps back',
          log: true,
          low: 1e-10,
          high: 1e20,
          lines: scaled,
        },
      ];
      const places = [10, 50, 100, 200].filter((place) => place <= explodingLags);
      const trained = table(
        ['steps', 'clipped', 'updates', 'largest norm', 'first loss', 'last 50', 'stopped by'],
        runs.map(({ steps, clipNorm, losses, norms, error }) => [
          ...[
            steps,
            clipNorm ? `at ${clipNorm}` : 'no',
            losses.length,
            norms.length ? exponent(Math.max(...norms)) : '',
          ],
          ...[losses[0], meanOf(losses.slice(-50))].map((loss) =>
            Number.isFinite(loss) ? exponent(loss) : '',
          ),
          error?.replace('; nothing was changed', '') ?? '',
        ]),
      );
      const warnings = [
        ...new Set(runs.flatMap(({ steps, warning }) => (warning ? `${steps} steps: ${warning}` : []))),
      ];
      const text = [
        curveTable('steps back', [...gains, ...scaled], places, [1e-10, 1e20]),
        trained,
        warnings.join('\n'),
      ];
      return {
        svg: drawFigure('Explosion: what becomes of the gradient on its way back', panels.map(linePanel)),
        text: text.join('\n\n'),
      };
    },
  },

  depth: {
    asks: 'How much of the gradient gets down a stack?',
    run({ deepest, depthHidden }) {
      const found = depthExperiment({ hidden: depthHidden, deepest, steps: 20 });
      const tallest = found.map(({ name, stacks }, n) => ({
        ...{ name, colour: colour(n) },
        points: stacks.at(-1).map((part, down) => [down, part]),
      }));
      const bottoms = found.map(({ name, stacks }, n) => ({
        ...{ name, colour: colour(n) },
        points: stacks.map((parts, levels) => [levels + 1, parts.at(-1)]),
      }));
      const scale = { log: true, low: 1e-4, high: 1 };
      const panels = [
        { title: `a stack of ${deepest}, level by level`, x: 'levels down', ...scale, lines: tallest },
        { title: 'what gets to the bottom', x: 'levels of the stack', ...scale, lines: bottoms },
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
  },

  cost: {
    asks: 'What does an LSTM cost beside a plain RNN?',
    run({ costSizes, rounds }) {
      const micro = (times) => times.map((time) => time.toFixed(1)).join(' / ');
      const ratio = ([rnn, lstm]) => (lstm / rnn).toFixed(1);
      const text = table(
        [
          'units',
          'parameters, RNN / LSTM',
          'times',
          'µs a stream step',
          'times',
          'µs a training step',
          'times',
        ],
        costExperiment({ sizes: costSizes, rounds }).map(({ hidden, parameters, stream, training }) => [
          ...[hidden, parameters.join(' / '), ratio(parameters)],
          ...[micro(stream), ratio(stream), micro(training), ratio(training)],
        ]),
      );
      return { text };
    },
  },

  grid: {
    asks: 'How do forget bias and the scale of the weights work together?',
    run({ hidden, gridLag }) {
      const [biases, scales] = [
        [-2, -1, 0, 1, 2, 3, 5],
        [0.25, 0.5, 1, 2, 4, 8],
      ];
      const values = gridExperiment({ hidden, lag: gridLag, biases, scales });
      const title = `∂loss/∂c, what is left ${gridLag} steps back, untrained LSTM`;
      const names = { x: 'initial weights times', y: 'forget bias' };
      const text = table(
        ['b_f \\ weights times', ...scales],
        biases.map((bias, n) => [bias, ...values[n].map(exponent)]),
      );
      return { svg: drawGrid({ title, ...names, columns: scales, rows: biases, values }), text };
    },
  },
};
