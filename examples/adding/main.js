import { writeFileSync } from 'node:fs';
import { createRuntime } from 'lstm-wasm';
import { command } from '../command.js';
import { drawCurves } from './chart.js';
import { best, MODELS, RATES, run, TEST_COUNT } from './experiment.js';
import { HELP, readOptions } from './options.js';
import { progressLine, summary, table } from './report.js';
import { baseline, sequences } from './task.js';

await command('adding', (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else main(options);
});

function main({ lag, seeds, hidden, steps, out }) {
  const began = performance.now();
  const { variant } = createRuntime();
  const test = sequences(lag, 'test')(TEST_COUNT);
  const mean = baseline(test.target);
  console.log(`The adding problem, lag ${lag}: ${hidden} hidden units, ${steps} updates, ${variant}.`);
  console.log(`Predicting the mean scores ${mean.toFixed(4)} on the ${TEST_COUNT} test sequences.\n`);

  const all = [];
  const chosen = [];
  for (let seed = 1; seed <= seeds; seed++) {
    for (const kind of Object.keys(MODELS)) {
      const runs = RATES.map((lr) => {
        const done = run(kind, { lag, hidden, steps, lr, seed, test });
        console.log(progressLine(done));
        return done;
      });
      all.push(...runs);
      chosen.push(best(runs));
    }
  }
  console.log(`\n${table(chosen)}\n\n${summary(all, chosen, mean)}`);

  const title = `The adding problem, lag ${lag}, ${hidden} hidden units: validation error`;
  const runs = chosen.map(({ kind, curve }) => ({ kind, curve }));
  writeFileSync(out, drawCurves({ runs, title, baseline: mean }));
  console.log(`The curves are in ${out}. All took ${((performance.now() - began) / 1000).toFixed(0)} s.`);
}
