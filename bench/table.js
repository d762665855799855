import { CONTENDERS } from './contenders.js';
import { median, quantile } from './statistics.js';

const labelOf = (name) => CONTENDERS.find((contender) => contender.name === name)?.label ?? name;

export const ran = (values) => (values ?? []).filter((value) => value !== undefined && value !== null);

/** Three digits, in a fitting unit. */
export function duration(ms) {
  if (ms < 1) return `${(ms * 1000).toPrecision(3)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`;
}

/** One line of the benchmark: the time of each contender with quartiles, and the limits measured in the same minutes. */
export function lineBlock({ title, flops, limits, results }) {
  const rows = Object.entries(results).map(([name, { samples, note, void: reason, missing }]) => {
    const label = `  ${labelOf(name).padEnd(20)}`;
    if (reason) return `${label}VOID: ${reason}`;
    if (missing) return `${label}NOT RUN: ${missing}`;
    const values = ran(samples);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share));
    const spread = `${duration(low)} … ${duration(high)}`;
    const speed = `${(flops / middle / 1e6).toFixed(2)} GFLOP/s`;
    return `${label}${duration(middle).padStart(9)}  ${spread.padEnd(22)} ${speed.padStart(14)}  ${note ?? ''}`.trimEnd();
  });
  const rate = (key) => median(ran(limits).map((sample) => sample[key])).toFixed(0);
  const limit = `limits: multiply and add ${rate('multiplyAdd')}, fused ${rate('fused')} GFLOP/s, reading ${rate('bandwidth')} GB/s`;
  return [`${title}   (${limit})`, ...rows, ''].join('\n');
}

/** Medians, a row for each line and a column for each contender. */
export function summary(lines) {
  if (lines.length === 0) return '';
  const names = CONTENDERS.map(({ name }) => name).filter((name) =>
    lines.some(({ results }) => results[name]),
  );
  const cell = (result) => {
    if (!result) return '–';
    if (result.void) return 'void';
    return result.missing ? '–' : duration(median(ran(result.samples)));
  };
  const rows = lines.map(({ title, results }) => [title, ...names.map((name) => cell(results[name]))]);
  return table([['medians', ...names], ...rows]);
}

/** How much the machine itself varied, from other load or a lower clock. */
export function steadiness(lines) {
  const peaks = lines.flatMap(({ limits }) => ran(limits).map(({ fused }) => fused));
  if (peaks.length === 0) return '';
  const [low, middle, high] = [0.05, 0.5, 0.95].map((share) => quantile(peaks, share));
  const words = `the fused peak over the run: ${middle.toFixed(0)} GFLOP/s, 5 to 95 %: ${low.toFixed(0)} to ${high.toFixed(0)}`;
  return low < 0.9 * high ? `${words}: this machine was busy, so ratios count, not times` : words;
}

export function coldTable(cold) {
  const rows = Object.entries(cold).map(([name, { ms, bytes, missing }]) =>
    missing
      ? [name, missing, '']
      : [name, `${median(ms).toFixed(1)} ms`, `${(median(bytes) / 1e6).toFixed(1)} MB`],
  );
  return rows.length === 0
    ? ''
    : table([['start to first result, above an empty process', 'time', 'memory'], ...rows]);
}

export function downloadTable(download) {
  const rows = Object.entries(download).map(([name, bytes]) => [name, `${(bytes / 1000).toFixed(1)} kB`]);
  return rows.length === 0 ? '' : table([['a page downloads, gzip', ''], ...rows]);
}

/** One line for each acceptance line. */
export function verdicts(list) {
  return list
    .map(({ text, verdict, why, median: middle, low, high, bound }) => {
      if (verdict === 'NOT RUN') return `NOT RUN  ${text}: ${why}`;
      const interval = `${middle.toPrecision(3)} [${low.toPrecision(3)}, ${high.toPrecision(3)}]`;
      return `${verdict.padEnd(8)} ${text}: ${interval}, asked ${bound}`;
    })
    .join('\n');
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((word, n) => (n === 0 ? word.padEnd(widths[n]) : word.padStart(widths[n]))).join('  '),
    )
    .join('\n');
}
