import { drawFigure } from '../../chart.js';
import { linePanel } from '../../line-panel.js';
import { COLOURS } from '../../palette.js';
import { flowExperiment } from '../flow.js';
import { curveTable, placesOf } from '../report.js';

const LOW = 1e-10;
const PATHS = {
  whole: { name: 'the whole gradient', colour: COLOURS[5], dash: '5 4' },
  along: { name: 'along the cell', colour: COLOURS[0] },
  through: { name: 'through the gates', colour: COLOURS[1] },
};

export const flow = {
  asks: 'Does the gradient come along the cell or through the gates?',
  run(sizes) {
    const found = flowExperiment(sizes);
    const panels = found.map(({ name, paths }) =>
      linePanel({
        ...{ title: name, x: 'steps back', y: '∂loss/∂c, 1 = the whole at the last step' },
        ...{ log: true, low: LOW, high: 10, height: 260 },
        lines: Object.entries(PATHS).map(([path, look]) => ({ ...look, points: paths[path] })),
      }),
    );
    const texts = found.map(({ name, paths }) =>
      curveTable(
        `${name}; steps back`,
        Object.entries(PATHS).map(([path, look]) => ({ ...look, points: paths[path] })),
        placesOf(sizes.lag).filter((place) => place <= sizes.lag),
        [LOW, 1],
      ),
    );
    const title = 'Constant error flow: the gradient that comes along the cell and through the gates';
    return { svg: drawFigure(title, panels, { columns: 2 }), text: texts.join('\n\n') };
  },
};
