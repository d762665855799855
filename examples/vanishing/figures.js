import { cost } from './figures/cost.js';
import { depth } from './figures/depth.js';
import { explosion } from './figures/explosion.js';
import { flow } from './figures/flow.js';
import { gate } from './figures/gate.js';
import { grid } from './figures/grid.js';
import { lags } from './figures/lags.js';
import { memory } from './figures/memory.js';

/**
 * Each figure: the question it answers, and `run`, which takes the sizes of options.js and gives what it draws, `svg` (none where it would
 * differ from run to run), and what it prints, `text`.
 */
export const FIGURES = { lags, flow, gate, memory, explosion, depth, cost, grid };
