import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRuntime } from 'lstm-wasm';
import { WordVocabulary } from 'lstm-wasm/data';
import { loadModelFile, saveModelFile } from 'lstm-wasm/files';
import { UsageError } from '../command.js';
import { logOdds, SETTINGS, trainNetwork } from './network.js';
import { folds } from './sentences.js';

/** Networks in a committee. */
export const SEATS = 5;

const FILE = /^network-\d+\.safetensors$/;

/**
 * A committee: the training part is cut into fifths, and each network stops early on another of them. So every sentence is trained on
 * by all networks but one, and no network is judged on what it learned.
 */
export async function trainCommittee(train, { seed, epochs, onStep, onNetwork }) {
  const networks = [];
  for (const [n, part] of folds(train, SEATS).entries()) {
    const runtime = createRuntime({ seed: seed * 100 + n });
    const network = await trainNetwork(part, { epochs, runtime, onStep: (step) => onStep?.(n, step) });
    networks.push(network);
    onNetwork?.(n, network);
  }
  return networks;
}

/** The mean log-odds of the networks for a text. */
export function judgeOf(networks) {
  return (text) => networks.reduce((sum, network) => sum + logOdds(network, text), 0) / networks.length;
}

/** Saves each network in its own file, with its vocabulary. */
export async function saveCommittee(folder, networks) {
  await mkdir(folder, { recursive: true });
  for (const [n, { model, vocabulary }] of networks.entries()) {
    const metadata = { vocabulary: JSON.stringify(vocabulary), settings: JSON.stringify(SETTINGS) };
    await saveModelFile(join(folder, `network-${n + 1}.safetensors`), model, { metadata });
  }
}

/** What {@link saveCommittee} wrote. @throws UsageError */
export async function loadCommittee(folder) {
  const names = (await readdir(folder).catch(() => [])).filter((name) => FILE.test(name)).sort();
  if (names.length === 0)
    throw new UsageError(`there is no model in ${folder}: train one first, node examples/sentiment/main.js`);
  return Promise.all(names.map((name) => loadNetwork(join(folder, name))));
}

async function loadNetwork(path) {
  try {
    const { model, metadata } = await loadModelFile(path);
    const vocabulary = WordVocabulary.fromJSON(metadata.vocabulary ?? '');
    if (model.layers?.[0]?.count !== vocabulary.size)
      throw new RangeError('its vocabulary has another number of words than its model');
    return { model, vocabulary };
  } catch (error) {
    throw new UsageError(`${path} is not a model saved by this example: ${error.message.split('\n')[0]}`);
  }
}
