import { fileName, parseFlags, UsageError, wholeNumber, writableFolder } from '../command.js';
import { FIGURES } from './figures.js';

const NAMES = Object.keys(FIGURES);

const FULL = {
  ...{ lag: 100, units: 16, seeds: 3, updates: 1500, explodingLengths: [20, 100, 500], deepest: 8 },
  ...{ costSizes: [32, 64, 128, 256], rounds: 25 },
};

/** Enough training for the models that can learn to do so. */
const QUICK = {
  ...{ lag: 60, units: 16, seeds: 1, updates: 300, explodingLengths: [20, 100], deepest: 6 },
  ...{ costSizes: [32], rounds: 3 },
};

export const HELP = `Draws the vanishing and the exploding gradient, and what LSTMs do about them.

  npm run vanishing -- [flags] [figures]

  figures       any of ${NAMES.join(', ')}; all by default
  --lag N       steps that the models have to remember; the gradient is followed
                over up to five times as many (default ${FULL.lag})
  --units N     units of a layer (default ${FULL.units})
  --seed N      of weights and training; where there are several, the first (default 1)
  --quick       lag ${QUICK.lag}, ${QUICK.units} units, ${QUICK.updates} updates of one seed: a few seconds
  --out FOLDER  where the figures go (default: vanishing)
  --help        this

Your own data: the gradient flow of an RNN, an LSTM and a GRU on windows of --lag steps,
before and after learning to predict the next value; the figure is series.svg.

  npm run vanishing -- --data FILE.csv --column NAME [flags]

  --data FILE    a CSV file with a header, oldest row first
  --column NAME  its column of numbers; not needed where there is one column`;

const FLAGS = {
  ...{ quick: 'boolean', lag: 'string', units: 'string', seed: 'string' },
  ...{ data: 'string', column: 'string', out: 'string' },
};

/** The flags, checked. @throws UsageError */
export function readOptions(args) {
  const { values, positionals } = parseFlags(args, FLAGS, { positionals: true });
  if (values.help) return { help: true };
  for (const name of positionals) {
    if (!Object.hasOwn(FIGURES, name))
      throw new UsageError(`figures expected some of ${NAMES.join(', ')}, got "${name}"`);
  }
  const data = fileName('data', values.data);
  if (values.column !== undefined && data === undefined)
    throw new UsageError('--column expected --data, the file that has the column');
  const sizes = sizesOf({
    quick: values.quick,
    lag: wholeNumber('lag', values.lag, 2, 10_000),
    units: wholeNumber('units', values.units, 1, 1024),
    seed: wholeNumber('seed', values.seed, 0, 0xffffffff),
  });
  const figures = positionals.length > 0 || data !== undefined ? positionals : NAMES;
  const out = writableFolder('out', values.out ?? 'vanishing');
  return { help: false, figures, data, column: values.column, out, sizes };
}

/**
 * What the figures are computed with.
 *
 * @param {{ quick?: boolean, lag?: number, units?: number, seed?: number }} given
 */
export function sizesOf({ quick = false, lag, units, seed = 1 } = {}) {
  const { lag: usualLag, units: usualUnits, ...base } = quick ? QUICK : FULL;
  const steps = lag ?? usualLag;
  return { ...base, seed, lag: steps, lags: 5 * steps, hidden: units ?? usualUnits };
}
