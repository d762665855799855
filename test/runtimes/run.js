// The packed package in every runtime and through every bundler: npm run test:runtimes.
// Ends with a table, what was not run and why, and one line to count on.

import { rmSync } from 'node:fs';
import { installPackage } from './install-package.js';
import { installPackages, Missing } from './installed.js';
import { readOptions } from './options.js';
import { table } from './table.js';

await installPackages();
// These import what was installed just now.
const drivers = [
  ...['terminal', 'jest', 'workerd', 'edge-runtime', 'browsers', 'old-chromium', 'audio-worklet', 'bundlers'],
  ...['vite', 'next', 'types'],
];
const runtimes = (await Promise.all(drivers.map((name) => import(`./${name}.js`)))).flatMap(
  ({ rows }) => rows,
);
const { CHECKS, checkReport, store } = await import('./checks.js');

const COLUMNS = ['runtime', 'version', 'first result', ...Object.keys(CHECKS), 'also'];

const options = readOptions(
  process.argv.slice(2),
  runtimes.map(({ name }) => name),
);
if (options) await main(options);

async function main({ only, required, store: keepBits, keep }) {
  const installation = await installPackage();
  const lines = [];
  const count = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const runtime of runtimes.filter(({ name }) => only.includes(name)))
      lines.push(...(await runOne(runtime, installation, required, count, keepBits)));
  } finally {
    if (keep) console.log(`kept: ${installation}`);
    else rmSync(installation, { recursive: true, force: true });
  }
  console.log(`\n${table(COLUMNS, lines)}\n`);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  if (count.failed > 0) process.exitCode = 1;
}

/** The lines of one runtime: one for each of its environments, such as a page and its workers. */
async function runOne({ name, run }, installation, required, count, keepBits) {
  const began = Date.now();
  try {
    const seen = await run(installation);
    if (keepBits) store(Object.values(seen.reports)[0]);
    console.log(`${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return Object.entries(seen.reports).map(([where, report], n) => {
      const began = n === 0 ? seen.began : report.began;
      return lineOf(name, where, { version: seen.version, began }, report, count);
    });
  } catch (error) {
    const missing = error instanceof Missing;
    const fails = !missing || required.includes(name);
    count[fails ? 'failed' : 'skipped']++;
    const what = missing ? 'not run' : 'failed';
    console.log(
      `${what}: ${name}${missing && fails ? ' is required' : ''}: ${missing ? error.message : error.stack}`,
    );
    return [[name, what, ...Array(COLUMNS.length - 2)]];
  }
}

/**
 * Each check of a line counts as one test, and each error as a failure. The time to the first result is measured from the start of the
 * process, or for all environments after the first one, from the start of that environment.
 */
function lineOf(name, where, { version, began }, report, count) {
  const { cells, errors } = checkReport(report);
  const label = where === '' ? name : `${name}: ${where}`;
  for (const error of errors) console.log(`failed: ${label}: ${error}`);
  count.failed += errors.length;
  count.passed += Object.values(cells).filter((cell) => cell && cell !== 'FAILED').length;
  const first = report.failed
    ? 'FAILED'
    : report.alone
      ? ''
      : `${((report.firstResult - began) / 1000).toFixed(2)} s`;
  return [label, version, first, ...Object.keys(CHECKS).map((check) => cells[check]), cells.also];
}
