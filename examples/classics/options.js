import { parseFlags, UsageError, wholeNumber, writableFolder } from '../command.js';
import { TASKS, USUAL } from './tasks.js';

const OUT = 'classics';
const WORKERS = 2;

export const HELP = `The tasks that LSTMs were designed for, with the papers' criteria, and a plain RNN for comparison.

  npm run classics -- [flags] [tasks]

  tasks        some of ${Object.keys(TASKS).join(', ')};
               all but digits by default
  --quick      a small form of each: 15 seconds
  --seeds N    trials of each model (default: each task's own, 1 to 30)
  --workers N  training threads (default ${WORKERS})
  --out FOLDER where the figures go (default ${OUT})
  --help       this`;

/** The flags, checked. @throws UsageError */
export function readOptions(args) {
  const kinds = { quick: 'boolean', seeds: 'string', workers: 'string', out: 'string' };
  const { values, positionals } = parseFlags(args, kinds, { positionals: true });
  if (values.help) return { help: true };
  for (const name of positionals) {
    if (!Object.hasOwn(TASKS, name))
      throw new UsageError(`tasks expected some of ${Object.keys(TASKS).join(', ')}, got "${name}"`);
  }
  for (const name of positionals) TASKS[name].needs?.();
  return {
    help: false,
    names: positionals.length > 0 ? [...new Set(positionals)] : USUAL,
    quick: values.quick ?? false,
    seeds: wholeNumber('seeds', values.seeds, 1, 1000),
    workers: wholeNumber('workers', values.workers, 1, 64) ?? WORKERS,
    out: writableFolder('out', values.out ?? OUT),
  };
}
