// The launcher: runs on any Node from 20, starts the contenders, prints, and writes results.json and results.svg
// (last.json and last.svg for --quick and --only).

import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { judge } from './acceptance.js';
import { coldStarts } from './cold-start.js';
import { LIMITS, NODE } from './contenders.js';
import { downloads } from './download.js';
import { grow } from './growth.js';
import { compileLimits } from './limits/compile.js';
import { readOptions, settingsOf, USAGE } from './options.js';
import { drawResults } from './picture.js';
import { Contender } from './process.js';
import { measure, withoutPaths } from './rounds.js';
import { coldTable, downloadTable, lineBlock, steadiness, summary, verdicts } from './table.js';
import { flops } from './workloads.js';

const file = (name) => new URL(name, import.meta.url);

/** What is missing, with the command that installs it. */
function missing() {
  if (!existsSync(file('../build/index.js'))) return 'The package is not built: npm run build';
  if (!existsSync(NODE)) {
    return 'The rivals are not installed (about 1 GB, Linux x64): npm ci --prefix bench';
  }
}

async function openAll(specs) {
  const versions = {};
  const absent = {};
  const open = async (spec) => {
    const contender = new Contender(spec);
    try {
      versions[spec.name] = (await contender.ask('open')).version;
      return contender;
    } catch (error) {
      contender.close();
      absent[spec.name] = withoutPaths(error.message);
    }
  };
  const opened = await Promise.all(specs.map(open));
  return { opened: opened.filter(Boolean), versions, absent };
}

/** Runs the lines one after the other and prints each result at once. */
async function runLines({ workloads, contenders, quick }, settings) {
  if (workloads.length === 0) return { lines: [], versions: {} };
  const kernel = await compileLimits();
  const { opened, versions, absent } = await openAll([...contenders, LIMITS]);
  const lines = [];
  try {
    for (const workload of workloads) {
      const taking = opened.filter(({ spec }) => spec.takes(workload, quick));
      const { limits, ...results } = await measure(workload, taking, { ...settings, kernel });
      for (const { name } of contenders.filter(
        (spec) => spec.name in absent && spec.takes(workload, quick),
      )) {
        results[name] = { missing: absent[name] };
      }
      lines.push({ ...workload, flops: flops(workload), limits: limits.samples, results });
      console.log(lineBlock(lines.at(-1)));
    }
  } finally {
    for (const contender of opened) contender.close();
  }
  return { lines, versions };
}

const machine = (versions) => ({
  cpu: cpus()[0]?.model.trim(),
  cores: availableParallelism(),
  system: `${process.platform} ${process.arch}`,
  launcher: `node ${process.version}`,
  versions,
});

async function main(options) {
  const settings = settingsOf(options);
  const cold = options.extras.includes('cold') ? await coldStarts(settings.starts) : {};
  const { lines, versions } = await runLines(options, settings);
  const download = options.extras.includes('download') ? await downloads() : {};
  const run = { date: new Date().toISOString(), machine: machine(versions), settings, lines, cold, download };
  console.log(
    [summary(lines), steadiness(lines), coldTable(cold), downloadTable(download)]
      .filter(Boolean)
      .join('\n\n'),
  );
  if (options.check) {
    run.verdicts = judge(run);
    console.log(`\n${verdicts(run.verdicts)}`);
    if (run.verdicts.some(({ verdict }) => verdict === 'FAIL')) process.exitCode = 1;
  }
  const name = options.quick || options.only ? 'last' : 'results'; // what the README shows comes from whole runs
  writeFileSync(file(`${name}.json`), `${JSON.stringify(run)}\n`);
  if (lines.length > 0) writeFileSync(file(`${name}.svg`), drawResults(run));
}

function options() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

const chosen = options();
const lack = missing();
if (chosen.help) console.log(USAGE);
else if (lack) {
  console.error(lack);
  process.exitCode = 2;
} else await (chosen.growth ? grow(chosen) : main(chosen));
