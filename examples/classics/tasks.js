import { adding } from './tasks/adding.js';
import { continual } from './tasks/continual-reber.js';
import { copy } from './tasks/copy.js';
import { digits } from './tasks/digits.js';
import { embedded } from './tasks/embedded-reber.js';
import { noiseFree } from './tasks/noise-free.js';
import { spikeDelay } from './tasks/spike-delay.js';
import { temporalOrder } from './tasks/temporal-order.js';

/** By their names in the command; each has a figure of that name. */
export const TASKS = {
  adding,
  'temporal-order': temporalOrder,
  'embedded-reber': embedded,
  'noise-free': noiseFree,
  'continual-reber': continual,
  copy,
  'spike-delay': spikeDelay,
  digits,
};

/** Those that need no data from elsewhere: the default. */
export const USUAL = Object.keys(TASKS).filter((name) => !TASKS[name].needs);

/** The problems of a task; in its small form a shorter version of the first one, which is in no paper. */
export function problemsOf({ problems, quick }, isQuick) {
  if (!isQuick) return problems;
  const [first] = problems;
  const forms = first.forms.map((form) => ({ ...form, published: undefined }));
  return [{ ...first, ...quick, forms, published: '(a small form)', seeds: 1 }];
}
