import { parseFlags, wholeNumber, writableFile } from '../command.js';

const FULL = { lag: 100, seeds: 3, steps: 4000 };
const QUICK = { lag: 50, seeds: 1, steps: 2000 };
const HIDDEN = 16;
const OUT = 'adding.svg';

export const HELP = `Trains LSTMs and plain RNNs on the adding problem, tests them, and draws how they learned.

  node examples/adding/main.js [flags]

  --lag N      steps of a sequence (default ${FULL.lag})
  --seeds N    how many seeds, from 1 up (default ${FULL.seeds})
  --hidden N   hidden units of either model (default ${HIDDEN})
  --steps N    updates of each run (default ${FULL.steps})
  --quick      --lag ${QUICK.lag} --seeds ${QUICK.seeds} --steps ${QUICK.steps}, where these are not given
  --out FILE   where the learning curves are drawn (default ${OUT})
  --help       this`;

const KINDS = {
  lag: 'string',
  seeds: 'string',
  hidden: 'string',
  steps: 'string',
  quick: 'boolean',
  out: 'string',
};

/** The flags, checked. @throws UsageError */
export function readOptions(args) {
  const { values } = parseFlags(args, KINDS);
  const usual = { hidden: HIDDEN, ...(values.quick ? QUICK : FULL) };
  const whole = (flag, from, to) => wholeNumber(flag, values[flag], from, to) ?? usual[flag];
  if (values.help) return { help: true };
  return {
    help: false,
    lag: whole('lag', 2, 1000),
    seeds: whole('seeds', 1, 100),
    hidden: whole('hidden', 1, 256),
    steps: whole('steps', 1, 10_000_000),
    out: writableFile('out', values.out ?? OUT),
  };
}
