// The example pages, policies, frames and long tasks in Chromium: node test/browser/run.js [--seconds 10] [--rounds 3] [--frames]
// CHROMIUM names the browser where the PATH has none; `--rounds 0` leaves frames and tasks out, which only a machine that does
// nothing else tells. Ends with one line to count on.

import { parseArgs } from 'node:util';
import { openInChromium } from '../helpers/chromium.js';
import { judge, table } from './judge.js';
import { serve } from './server.js';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    frames: { type: 'boolean', default: false }, // these alone
  },
});

const WASM = "script-src 'self' 'wasm-unsafe-eval'";

/** What each page has to find. */
const PAGES = {
  'import-map.html': (seen) => used(seen),
  'single-file.html': (seen) => used(seen),
};

const POLICIES = {
  allowed: [`default-src 'none'; connect-src 'self'; ${WASM}; worker-src 'self'`, (seen) => seen.step === 3],
  'no wasm-unsafe-eval': ["script-src 'self'", says(/^Error: .*'wasm-unsafe-eval' in script-src/)],
  'no workers': [
    `${WASM}; worker-src 'none'`,
    says(/^Error: the worker of this training failed: .*worker-src/),
  ],
};

const count = { passed: 0, failed: 0 };
const [first, other] = [await serve(), await serve()];
try {
  await run();
} finally {
  first.close();
  other.close();
}
console.log(`${count.passed} passed, ${count.failed} failed, 0 skipped`);
if (count.failed > 0) process.exitCode = 1;

async function run() {
  if (!options.frames) await runPages();
  const { seconds, rounds } = options;
  if (Number(rounds) === 0) return;
  const parameters = { seconds, rounds };
  const seen = await visit('/test/browser/frames.html', parameters, (2 * seconds + 10) * rounds);
  if (seen.failed) return printResult('frames', () => false, seen);
  console.log(table(seen));
  for (const [name, { good, text }] of Object.entries(judge(seen))) printResult(name, () => good, text);
}

async function runPages() {
  for (const [page, good] of Object.entries(PAGES))
    printResult(page, good, await visit(`/test/browser/use.html`, { page, epochs: 100 }));
  for (const [name, [policy, good]] of Object.entries(POLICIES))
    printResult(`policy: ${name}`, good, await visit('/test/browser/policy.html', { policy }));
  // A blob: takes over the policy of its page, and what it imports counts as part of the worker.
  const policy = `connect-src 'self'; script-src 'self' ${other.origin} 'wasm-unsafe-eval'; worker-src blob: ${other.origin}`;
  const seen = await visit('/test/browser/policy.html', { policy, origin: other.origin });
  printResult('the single file of another origin', ({ step }) => step === 3, seen);
}

function used({ ready, training, stood, wentOn, aborted, drawn, trained }) {
  const said = [ready, training, aborted, trained].every((text) => typeof text === 'string');
  return said && stood && wentOn && /stopped by hand, step \d/.test(aborted) && drawn === 84;
}

function says(pattern) {
  return ({ failed }) => pattern.test(failed);
}

function printResult(name, isGood, seen) {
  const good = isGood(seen);
  count[good ? 'passed' : 'failed']++;
  console.log(
    `${good ? 'ok' : 'FAILED'}: ${name}: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`,
  );
}

/** Opens a page in a browser of its own and gives what it reports. */
async function visit(path, parameters, seconds = 120) {
  const name = String(count.passed + count.failed);
  const browser = openInChromium(`${first.origin}${path}?${new URLSearchParams({ name, ...parameters })}`);
  try {
    return await first.report(name, (seconds + 60) * 1000);
  } finally {
    browser.close();
  }
}
