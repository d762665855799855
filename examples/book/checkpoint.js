import {
  Adam,
  createRuntime,
  crossEntropy,
  Dropout,
  Embedding,
  Linear,
  LSTM,
  Sequential,
  Trainer,
} from 'lstm-wasm';
import { lanes, Vocabulary } from 'lstm-wasm/data';
import { loadModelFile, saveModelFile } from 'lstm-wasm/files';
import { relaxed } from 'lstm-wasm/relaxed';
import { UsageError } from '../command.js';
import { Curve } from './curve.js';
import { fileTrouble } from './wording.js';

const EMBEDDING = 64;

/** A failure of training or of the disk, not of the user's input. */
export class Failure extends Error {
  exitCode = 1;
}

/** By the clock the faster binary makes more steps; steps that are counted are to give the same bits everywhere. */
export function runtimeFor({ unit }, seed) {
  return createRuntime(unit === 'seconds' ? { binary: relaxed, seed } : { seed });
}

/** The character model: `forgetBias: 1` lets it remember from the first step on. */
export function createModel(vocabulary, { hidden, dropout }, runtime) {
  return new Sequential(
    new Embedding(vocabulary.size, EMBEDDING, { runtime }),
    new LSTM(EMBEDDING, hidden, { stateful: true, forgetBias: 1, runtime }),
    ...(dropout > 0 ? [new Dropout(dropout, { runtime })] : []),
    new Linear(hidden, vocabulary.size, { runtime }),
  );
}

/** The trainer of a model and its position in the text. The betas were found by trial. */
export function createTraining(model, train, { batch, window, threads, curve }) {
  const optimizer = new Adam(model, { betas: [0.9, 0.99] });
  return {
    model,
    trainer: new Trainer(model, { loss: crossEntropy, optimizer, clipNorm: 1, threads }),
    batches: lanes(train, { batch, steps: window, epochs: Number.POSITIVE_INFINITY }),
    curve: new Curve(curve),
  };
}

/**
 * Saves everything needed to generate text and to continue training.
 *
 * @throws Error where weights are not finite, Failure where writing fails; the file stays as it was
 */
export async function save(path, { model, trainer, batches, vocabulary, settings, curve }) {
  checkFinite(model);
  const metadata = {
    vocabulary: JSON.stringify(vocabulary.symbols),
    settings: JSON.stringify({ ...settings, curve }),
  };
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

const WHOLE = ['hidden', 'batch', 'window', 'threads'];

/** What {@link save} wrote; `flag` is the one that named the file. @throws UsageError */
export async function load(flag, path, runtime) {
  try {
    const { model, training, metadata } = await loadModelFile(path, { runtime });
    if (metadata.vocabulary === undefined) throw new RangeError('it has no vocabulary');
    const vocabulary = new Vocabulary(JSON.parse(metadata.vocabulary));
    const settings = JSON.parse(metadata.settings ?? '{}');
    if (!WHOLE.every((name) => Number.isSafeInteger(settings[name])))
      throw new RangeError('its settings are damaged');
    checkFinite(model);
    if (model.layers?.[0]?.count !== vocabulary.size)
      throw new RangeError(`its vocabulary has ${vocabulary.size} characters, its model has another number`);
    return { model, training, vocabulary, settings };
  } catch (error) {
    throw notAModel(flag, path, error);
  }
}

/** Restores the training state of a file; on another text training starts at its first character. @throws UsageError */
export function restore({ trainer, batches }, saved, { path, sameText }) {
  try {
    trainer.loadStateDict(saved.trainer);
    if (sameText) batches.loadStateDict(saved.batches);
  } catch (error) {
    throw notAModel('resume', path, error);
  }
}

function notAModel(flag, path, error) {
  return new UsageError(
    `--${flag} expected a model that was saved here, got ${path}: ${fileTrouble(error).split('\n')[0]}`,
  );
}
