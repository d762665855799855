// Trains on the split of each seed, measures on its test part, and saves the networks of the first. --help lists the flags.

import { writeFile } from 'node:fs/promises';
import { command, quoted } from '../command.js';
import { ProgressDisplay } from '../progress.js';
import { naiveBayes } from './bayes.js';
import { drawSplits } from './chart.js';
import { judgeOf, SEATS, saveCommittee, trainCommittee } from './committee.js';
import { logOdds, shareRight } from './network.js';
import { HELP, MODEL, readOptions } from './options.js';
import { networkLine, splitLine, summary, table } from './report.js';
import { readSentences, split } from './sentences.js';

/** For a terminal; elsewhere the line of each network is enough. */
const PROGRESS =
  'split {seed} of {splits}, network {network}, epoch {epoch} | loss {loss} | {speed} sentences/s';

await command('sentiment', async (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else await main(options);
});

async function main({ splits, epochs, model: folder, out }) {
  const began = performance.now();
  const sentences = await readSentences();
  const display = new ProgressDisplay(PROGRESS, { lines: false });
  const results = [];
  for (let seed = 1; seed <= splits; seed++) {
    const parts = split(sentences, seed);
    if (seed === 1)
      display.line(`${parts.train.length} sentences to train on, ${parts.test.length} to test.\n`);
    const networks = await trainCommittee(parts.train, {
      seed,
      epochs,
      onStep: (n, progress) => show(display, { seed, splits, n, progress }),
      onNetwork: (n, network) => display.line(networkLine(seed, n, network)),
    });
    results.push(measured(seed, networks, parts));
    display.line(splitLine(results.at(-1)));
    if (seed === 1) await saveCommittee(folder, networks);
    for (const { model } of networks) model.dispose();
  }
  display.stop();
  console.log(`\n${table(results)}\n\n${summary(results)}`);
  await writeFile(out, drawSplits(results));
  console.log(`The figure is ${out}, the networks of the first split are in ${folder}. To use them:`);
  const flag = folder === MODEL ? '' : ` --model ${quoted(folder)}`;
  console.log(`  node examples/sentiment/predict.js${flag} 'A great little phone.'`);
  console.log(`Everything took ${((performance.now() - began) / 1000).toFixed(0)} s.`);
}

/** A step of network `n` of a split. */
function show(display, { seed, splits, n, progress: { epoch, loss, samplesPerSecond } }) {
  display.update(((seed - 1) * SEATS + n) / (splits * SEATS), {
    ...{ seed, splits, network: n + 1, epoch },
    loss: loss.toFixed(3),
    speed: Math.round(samplesPerSecond),
  });
}

/** The only use of the test part. */
function measured(seed, networks, { train, test }) {
  return {
    seed,
    committee: shareRight(judgeOf(networks), test),
    singles: networks.map((network) => shareRight((text) => logOdds(network, text), test)),
    bayes: shareRight(naiveBayes(train), test),
  };
}
