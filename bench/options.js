import { parseArgs } from 'node:util';
import { CONTENDERS } from './contenders.js';
import { WORKLOADS } from './workloads.js';

export const USAGE = `npm run bench -- [options]
  --quick         under two minutes: fewer and shorter samples, the slowest lines left out
  --only a,b      only these contenders (${CONTENDERS.map(({ name }) => name).join(', ')}),
                  or prefixes of lines (${WORKLOADS.map(({ name }) => name).join(', ')}); also: cold, download
  --check         judge the acceptance lines; exit code 1 where one fails
  --growth        time and memory over hidden size, length and batch, instead of the above`;

/** @throws Error for an unknown option or name */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      check: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return { ...values, ...chosen(values.only.split(',').filter(Boolean)) };
}

const EXTRAS = ['cold', 'download'];

function chosen(names) {
  const isContender = (name) => CONTENDERS.some((contender) => contender.name === name);
  const lines = names.filter((name) => !isContender(name) && !EXTRAS.includes(name));
  const begins = (name) => WORKLOADS.some((workload) => workload.name.startsWith(name));
  const unknown = lines.find((name) => !begins(name));
  if (unknown) throw new Error(`--only expected contenders or lines, got "${unknown}"`);
  const extras = EXTRAS.filter((name) => names.includes(name));
  const wanted = names.filter(isContender);
  const all = lines.length + extras.length === 0;
  return {
    contenders: CONTENDERS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)),
    workloads: WORKLOADS.filter((w) => all || lines.some((name) => w.name.startsWith(name))),
    extras: all ? (wanted.length === 0 ? EXTRAS : []) : extras,
  };
}

/** Milliseconds, but for `rounds` and `patience` (seconds); `budget` is what a slow contender may spend on one line. */
export const settingsOf = ({ quick }) =>
  quick
    ? { rounds: 5, warmth: 60, sample: 20, budget: 250, patience: 15, starts: 5 }
    : { rounds: 31, warmth: 500, sample: 60, budget: 10_000, patience: 120, starts: 20 };
