import { drawFigure } from '../../chart.js';
import { linePanel } from '../../line-panel.js';
import { COLOURS } from '../../palette.js';
import { table } from '../../report.js';
import { exponent } from '../chart.js';
import { closingGate, heldGates } from '../gate.js';
import { FLOOR } from '../report.js';

export const gate = {
  asks: 'What does the forget gate do to the gradient, driven by hand?',
  run({ lags }) {
    const held = heldGates({ lags });
    const { gate, left, product } = closingGate();
    const power = table(
      ['f', `left after ${lags} steps`, `f^${lags}`],
      held.map(({ f, points, power }) => [f, exponent(points.at(-1)[1]), exponent(power)]),
    );
    const at = table(
      ['step', 'f', 'gradient left', 'product of the gates'],
      [1, 40, 41, 44, 45, 100].map((step) => [
        step,
        ...[gate, left, product].map((one) => exponent(one[step - 1][1])),
      ]),
    );
    return {
      svg: drawFigure('A forget gate driven by hand', [heldPanel(held), closingPanel(gate, left)]),
      text: `${power}\n\n${at}`,
    };
  },
};

function heldPanel(held) {
  return linePanel({
    ...{ title: 'f held constant', x: 'steps back', y: 'gradient left, 1 = all' },
    ...{ log: true, low: FLOOR, high: 1 },
    lines: held.map(({ f, points }, n) => ({ name: `f = ${f}`, points, colour: COLOURS[n] })),
  });
}

function closingPanel(gate, left) {
  return linePanel({
    ...{ title: 'f closed for four of 100 steps', x: 'step', y: 'gradient left and gate, 1 = all' },
    ...{ log: true, low: 1e-5, high: 1 },
    lines: [
      { name: 'forget gate f', points: gate, colour: COLOURS[5], dash: '2 3' },
      { name: '‖∂loss/∂c‖, as a part of that at the last step', points: left, colour: COLOURS[7] },
    ],
  });
}
