// Trains on the classic long-lag tasks until their criteria are met, and draws the results. --help lists the flags.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../command.js';
import { ProgressDisplay } from '../progress.js';
import { jobsOf, partsOf, runJobs } from './jobs.js';
import { HELP, readOptions } from './options.js';
import { drawTask, taskData } from './picture.js';
import { resultsTable, trialLine } from './report.js';

await command('classics', async (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else await main(options);
});

async function main({ names, quick, seeds, workers, out }) {
  const began = performance.now();
  const jobs = jobsOf({ names, quick, seeds });
  const results = await followed(jobs, workers);
  console.log(`\n${resultsTable(results)}\n`);
  for (const name of names) {
    const path = join(out, `${name}.svg`);
    await writeFile(path, drawTask(taskData(results.filter((result) => result.name === name))));
  }
  const minutes = (performance.now() - began) / 60_000;
  console.log(`The figures are in ${out}. Everything took ${minutes.toFixed(1)} minutes.`);
}

/** Runs the jobs with a progress display. */
async function followed(jobs, workers) {
  const display = new ProgressDisplay('{done} of {all} trials | {name}, {form}, seed {seed}: {part} %');
  let done = 0;
  const onProgress = (job, part) => {
    const { problem, form } = partsOf(job);
    const text = { name: problem.name, form: form.name, seed: job.seed, part: Math.round(100 * part) };
    display.update(done / jobs.length, { ...text, done, all: jobs.length });
  };
  const onResult = (result) => {
    done++;
    display.line(trialLine(result));
  };
  const results = await runJobs(jobs, { workers, onProgress, onResult });
  display.stop();
  return results;
}
