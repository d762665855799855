import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Adam, crossEntropy, Embedding, Linear, LSTM, Sequential, Trainer } from 'lstm-wasm';
import { lanes, Vocabulary } from 'lstm-wasm/data';
import { loadModelFile, saveModelFile } from 'lstm-wasm/files';
import { UsageError } from './options.js';
import { fileTrouble } from './wording.js';

const EMBEDDING = 64;

/** Training that went wrong: nothing that the user typed. */
export class Failure extends Error {
  exitCode = 1;
}

/** The character model: `forgetBias: 1` lets it remember from the first step on. */
export function createModel(vocabulary, hidden) {
  return new Sequential(
    new Embedding(vocabulary.size, EMBEDDING),
    new LSTM(EMBEDDING, hidden, { stateful: true, forgetBias: 1 }),
    new Linear(hidden, vocabulary.size),
  );
}

/** What trains a model on a text, and where in the text it stands. Betas: found by trial. */
export function createTraining(model, train, { batch, window }) {
  const optimizer = new Adam(model, { betas: [0.9, 0.99] });
  return {
    model,
    trainer: new Trainer(model, { loss: crossEntropy, optimizer, clipNorm: 1 }),
    batches: lanes(train, { batch, steps: window, epochs: Number.POSITIVE_INFINITY }),
  };
}

/**
 * Saves all that is needed to write, and to go on training.
 *
 * @throws Error where weights are no longer numbers, Failure where the disk refuses; the file is as it was
 */
export async function save(path, { model, trainer, batches, vocabulary, settings }) {
  checkFinite(model);
  const metadata = { vocabulary: JSON.stringify(vocabulary.symbols), settings: JSON.stringify(settings) };
  try {
    await saveModelFile(path, model, { trainer, batches, metadata });
  } catch (error) {
    throw new Failure(`--out ${path} could not be written: ${fileTrouble(error)}`);
  }
}

function checkFinite(model) {
  for (const [name, parameter] of model.parameters) {
    if (!parameter.read().every(Number.isFinite)) throw new Error(`the weights ${name} are not all finite`);
  }
}

/** What {@link save} wrote. @throws UsageError */
export async function load(path) {
  try {
    const { model, training, metadata } = await loadModelFile(path);
    if (metadata.vocabulary === undefined) throw new RangeError('it has no vocabulary');
    const vocabulary = new Vocabulary(JSON.parse(metadata.vocabulary));
    const settings = JSON.parse(metadata.settings ?? '{}');
    if (![settings.hidden, settings.batch, settings.window].every(Number.isSafeInteger))
      throw new RangeError('its settings are damaged');
    checkFinite(model);
    if (model.layers?.[0]?.count !== vocabulary.size)
      throw new RangeError(`its vocabulary has ${vocabulary.size} characters, its model another number`);
    return { model, training, vocabulary, settings };
  } catch (error) {
    throw notAModel(path, error);
  }
}

/** Puts training back to where a file's was; on another text it begins at its first character. @throws UsageError */
export function restore({ trainer, batches }, saved, { path, sameText }) {
  try {
    trainer.loadStateDict(saved.trainer);
    if (sameText) batches.loadStateDict(saved.batches);
  } catch (error) {
    throw notAModel(path, error);
  }
}

function notAModel(path, error) {
  return new UsageError(
    `--resume expected a model that was saved here, got ${path}: ${fileTrouble(error).split('\n')[0]}`,
  );
}

/** Before minutes of training: whether a file can be written there. @throws UsageError */
export async function checkOut(path) {
  const folder = dirname(path);
  try {
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--out expected a file in a folder to write to, got ${path}: ${fileTrouble(error)}`);
  }
  const existing = await stat(path).catch(() => undefined);
  if (existing && !existing.isFile()) throw new UsageError(`--out expected a file, got ${path}, a folder`);
}
