import { adding } from './tasks/adding.js';
import { continual } from './tasks/continual-reber.js';
import { copy } from './tasks/copy.js';
import { embedded } from './tasks/embedded-reber.js';
import { noiseFree } from './tasks/noise-free.js';
import { spikeDelay } from './tasks/spike-delay.js';
import { temporalOrder } from './tasks/temporal-order.js';

/** By the names that the command knows them under; each is drawn into a picture of that name. */
export const TASKS = {
  adding,
  'temporal-order': temporalOrder,
  'embedded-reber': embedded,
  'noise-free': noiseFree,
  'continual-reber': continual,
  copy,
  'spike-delay': spikeDelay,
};

/** What there is of a task to solve; in its small form the first problem alone. */
export function problemsOf(task, quick) {
  return quick ? [{ ...task.problems[0], ...task.quick, seeds: task.quick.seeds ?? 1 }] : task.problems;
}
