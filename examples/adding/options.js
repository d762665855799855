import { closeSync, openSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What the user can put right: told in one sentence, without a stack trace. */
export class UsageError extends Error {}

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
  lag: { type: 'string' },
  seeds: { type: 'string' },
  hidden: { type: 'string' },
  steps: { type: 'string' },
  quick: { type: 'boolean' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

const REASONS = {
  ENOENT: 'there is no such folder',
  EISDIR: 'it is a folder',
  EACCES: 'access is denied',
};

/** The flags, checked. @throws UsageError */
export function readOptions(args) {
  const values = valuesOf(args);
  const usual = { hidden: HIDDEN, ...(values.quick ? QUICK : FULL) };
  const whole = (flag, from, to) => wholeNumber(flag, values[flag], from, to) ?? usual[flag];
  if (values.help) return { help: true };
  return {
    help: false,
    lag: whole('lag', 2, 1000),
    seeds: whole('seeds', 1, 100),
    hidden: whole('hidden', 1, 256),
    steps: whole('steps', 1, 10_000_000),
    out: writable(values.out ?? OUT),
  };
}

function valuesOf(args) {
  try {
    return parseArgs({ args, options: KINDS }).values;
  } catch (error) {
    // The first sentence says what is wrong; the rest is about flags that begin with a dash.
    const [sentence] = error.message.split(/\.\s|\n/);
    throw new UsageError(`${sentence}; see --help`);
  }
}

function wholeNumber(flag, text, from, to) {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new UsageError(`--${flag} expected a whole number from ${from} to ${to}, got "${text}"`);
}

/** Opened before the training, so that nobody waits in vain. */
function writable(path) {
  try {
    closeSync(openSync(path, 'a'));
    return path;
  } catch ({ code }) {
    const reason = REASONS[code] ?? code;
    throw new UsageError(`--out expected a file that can be written, got "${path}": ${reason}`);
  }
}
