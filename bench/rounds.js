// One line of the table: all contenders are prepared and checked, then sampled in rotation, round after round.

import { dataOf } from './data.js';
import { brainResult, referenceResult } from './reference.js';

export const TOLERANCE = 1e-4;

/**
 * @returns for each contender { samples, note } or { void } or { missing }; samples[r] is that of round r, or undefined
 */
export async function measure(workload, contenders, settings) {
  const expected = referenceResult(workload);
  const entries = [];
  for (const contender of contenders) entries.push(await prepare(contender, workload, expected, settings));
  const racing = entries.filter(({ iterations }) => iterations !== undefined);
  for (let round = 0; round < settings.rounds; round++) {
    for (let n = 0; n < racing.length; n++) {
      const entry = racing[(n + round) % racing.length];
      entry.samples.push(entry.turns(round) ? await sample(entry) : undefined);
    }
  }
  return Object.fromEntries(
    entries.map(({ contender, samples, note, error, missing, worst }) => [
      contender.name,
      { samples, note, void: error, missing, worst },
    ]),
  );
}

async function prepare(contender, workload, expected, settings) {
  const { warmth, sample: length, kernel } = settings;
  const entry = { contender, samples: [] };
  const given = contender.spec.wantsKernel
    ? { kernel }
    : contender.spec.wantsData
      ? encoded(workload)
      : undefined;
  try {
    const answer = await contender.ask(
      'prepare',
      { workload, warmth, sample: length, given },
      settings.patience,
    );
    const worst = farthest(
      answer.result,
      contender.spec.name === 'limits' ? [] : expectedOf(contender, workload, expected),
    );
    if (!(worst <= TOLERANCE)) return { ...entry, worst, error: `off by ${worst.toExponential(1)}` };
    const turns = turnsOf(answer, settings);
    return { ...entry, worst, note: answer.note, iterations: answer.iterations, turns };
  } catch (error) {
    return { ...entry, missing: withoutPaths(error.message) };
  }
}

async function sample({ contender, iterations }) {
  const { ms, ...limits } = await contender.ask('sample', { iterations });
  return ms ?? limits;
}

/** Every contender takes part in each round, except those so slow that they would use up the others' time. */
function turnsOf({ iterations, ms }, { rounds, budget }) {
  const count = Math.min(rounds, Math.max(3, Math.floor(budget / (iterations * ms || 1))));
  return (round) => Math.floor(((round + 1) * count) / rounds) > Math.floor((round * count) / rounds);
}

/** brain.js's LSTM is a different cell and is checked against that cell's equations. */
function expectedOf({ spec }, workload, expected) {
  if (spec.name !== 'brain') return expected;
  return brainResult(workload, workload.kind === 'step' ? 16 : workload.T);
}

function farthest(result, expected) {
  if (result.length !== expected.length) return Number.POSITIVE_INFINITY;
  return expected.reduce((worst, value, n) => {
    const error = Math.abs(value - result[n]);
    return error <= worst ? worst : error;
  }, 0);
}

/** Removes paths of this machine from what goes into results.json. */
export const withoutPaths = (message) => message.replace(/(file:\/\/)?\/[^\s'"]+\//g, '');

/** The data for a process that is not JavaScript. */
function encoded(workload) {
  const entries = Object.entries(dataOf(workload)).map(([name, values]) => [
    name,
    {
      kind: values instanceof Int32Array ? 'i' : 'f',
      data: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
    },
  ]);
  return Object.fromEntries(entries);
}
