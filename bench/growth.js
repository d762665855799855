// How time and memory grow with the hidden size H, the length T and the batch B, forward and in training; relaxed, a process
// for each point. `node bench/growth.js` or `npm run bench -- --growth`; writes growth.json and growth.svg.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NODE } from './contenders.js';
import { drawGrowth } from './growth-picture.js';
import { SWEEP_TITLES, SWEEPS } from './sweeps.js';
import { duration } from './table.js';
import { flops } from './workloads.js';

const WORKER = fileURLToPath(new URL('growth-worker.js', import.meta.url));

const MODES = ['forward', 'train'];

/** Quick runs use every second value. */
const shortened = (values, quick) => (quick ? values.filter((_, n) => n % 2 === 0) : values);

export async function grow({ quick = false } = {}) {
  const points = [];
  for (const [axis, { fixed, values }] of Object.entries(SWEEPS)) {
    for (const mode of MODES) {
      for (const value of shortened(values, quick)) {
        points.push(measured({ axis, mode, value, ...fixed, [axis]: value, C: 64 }, quick ? 100 : 600));
        console.log(describe(points.at(-1)));
      }
    }
  }
  const name = quick ? 'last-growth' : 'growth';
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(points)}\n`);
  writeFileSync(new URL(`${name}.svg`, import.meta.url), drawGrowth(points, SWEEP_TITLES));
}

function measured(point, length) {
  const { stdout, stderr, status } = spawnSync(NODE, [WORKER, JSON.stringify(point), String(length)], {
    encoding: 'utf8',
  });
  if (status !== 0)
    return {
      ...point,
      missing:
        stderr
          .trim()
          .split('\n')
          .find((words) => /Error/.test(words)) ?? `ended with ${status}`,
    };
  const result = JSON.parse(stdout);
  const work = flops({ ...point, kind: point.mode === 'train' ? 'train' : 'sequence' });
  return { ...point, ...result, gflops: work / result.ms / 1e6 };
}

function describe({ axis, mode, value, ms, gflops, bytes, missing }) {
  const name = `${mode.padEnd(8)} ${axis} = ${String(value).padEnd(8)}`;
  if (missing) return `${name} NOT RUN: ${missing}`;
  return `${name} ${duration(ms).padStart(9)} ${gflops.toFixed(1).padStart(6)} GFLOP/s ${(bytes / 1e6).toFixed(1).padStart(8)} MB`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await grow({ quick: process.argv.includes('--quick') });
