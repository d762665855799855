import { parseFlags, UsageError, writableFolder } from '../command.js';
import { FIGURES } from './figures.js';

export const FULL = {
  ...{ lags: 500, hidden: 16, seeds: 3, trainSteps: 100, updates: 1500, memorySteps: 50, longest: 800 },
  ...{ explodingLags: 200, explodingLengths: [20, 100, 500], deepest: 8, depthHidden: 32 },
  ...{ costSizes: [32, 64, 128, 256], rounds: 25, gridLag: 100 },
};

export const QUICK = {
  ...{ lags: 60, hidden: 8, seeds: 1, trainSteps: 20, updates: 30, memorySteps: 10, longest: 40 },
  ...{ explodingLags: 40, explodingLengths: [20], deepest: 3, depthHidden: 8 },
  ...{ costSizes: [32], rounds: 3, gridLag: 20 },
};

export const HELP = `Draws the vanishing and the exploding gradient, and what LSTMs do about them.

  npm run vanishing -- [flags] [figures]

  figures      some of ${Object.keys(FIGURES).join(', ')}; all where none are named
  --quick      short lags and little training: half a minute at most
  --out FOLDER where the pictures go (default: vanishing)
  --help       this`;

/** The flags, checked. @throws UsageError */
export function readOptions(args) {
  const { values, positionals } = parseFlags(
    args,
    { quick: 'boolean', out: 'string' },
    { positionals: true },
  );
  if (values.help) return { help: true };
  for (const name of positionals) {
    if (!Object.hasOwn(FIGURES, name))
      throw new UsageError(`figures expected some of ${Object.keys(FIGURES).join(', ')}, got "${name}"`);
  }
  const out = writableFolder('out', values.out ?? 'vanishing');
  const figures = positionals.length > 0 ? positionals : Object.keys(FIGURES);
  return { figures, out, sizes: values.quick ? QUICK : FULL };
}
