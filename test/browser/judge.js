/*
 * A frame comes as it does when the page is idle if its interval is one that the idle page has 99 times in a hundred, give
 * or take half a frame. What a noisy machine does to an idle page is in that bound, so that each round has its own.
 */

const LONG = 50;

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** What one round shows: how many of its frames are in the bound of its idle ones. */
export function measure({ idle, busy, steps, reports }) {
  const frame = quantile(idle.intervals, 0.5);
  const bound = 1.5 * frame;
  const share = ({ intervals }) => intervals.filter((one) => one <= bound).length / intervals.length;
  const numbers = ({ intervals, tasks, scripts }) => ({
    frames: intervals.length,
    p50: quantile(intervals, 0.5),
    p99: quantile(intervals, 0.99),
    most: Math.max(...intervals),
    inTime: share({ intervals }),
    tasks: tasks.filter((one) => one > LONG),
    scripts: scripts.map(({ duration, what }) => `${Math.round(duration)} ms in ${what}`),
  });
  return { idle: numbers(idle), busy: numbers(busy), steps, reports };
}

/** The middle round decides, since others use the machine too; a round's frames are held against its own idle ones. */
export function judge({ rounds }) {
  const measured = rounds.map(measure);
  const kept = measured.map(({ idle, busy }) => busy.inTime / idle.inTime);
  const middle = quantile(kept, 0.5);
  const tasks = measured.map(({ busy }) => busy.tasks.length);
  return {
    'frames that come as when idle': {
      good: middle >= 0.99,
      text: `${percent(middle)} of them in the middle round (${kept.map(percent).join(', ')})`,
    },
    'tasks over 50 ms': {
      good: quantile(tasks, 0.5) === 0,
      text: `${tasks.join(', ')} in the rounds of training`,
    },
  };
}

export function table({ rounds }) {
  const lines = rounds
    .map(measure)
    .flatMap(({ idle, busy, steps, reports }, n) => [
      lineOf(`round ${n + 1}, idle`, idle),
      `${lineOf(`round ${n + 1}, training`, busy)}   ${steps} steps, ${reports} reports`,
    ]);
  return lines.join('\n');
}

function lineOf(name, { frames, p50, p99, most, inTime, tasks, scripts }) {
  const times = [p50, p99, most].map((time) => time.toFixed(1).padStart(6)).join(' ');
  return `${name.padEnd(20)} ${String(frames).padStart(5)} frames, ms at 50 %, 99 %, most:${times}   in time ${percent(inTime)}   long tasks ${[...tasks.map(Math.round), ...scripts].join(' ') || 'none'}`;
}

function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
