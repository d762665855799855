import { readFile, writeFile } from 'node:fs/promises';
import { WordVocabulary } from 'lstm-wasm/data';
import { readSafetensors, writeSafetensors } from 'lstm-wasm/files';
import { UsageError } from '../command.js';
import { createTranslator } from './training.js';

/** A translator with its vocabularies in one file, written with `writeSafetensors`: `saveModel` accepts only the package's layers. */
export async function saveTranslator(path, { model, vocabularies, settings }) {
  const { source, target } = vocabularies;
  const metadata = Object.entries({ settings, source, target }).map(([name, value]) => [
    name,
    JSON.stringify(value),
  ]);
  await writeFile(path, writeSafetensors(model.stateDict(), Object.fromEntries(metadata)));
}

/** What {@link saveTranslator} wrote. @throws UsageError */
export async function loadTranslator(path) {
  const bytes = await readFile(path).catch(() => {
    throw new UsageError(
      `there is no translator in ${path}: train one first, node examples/translation/main.js`,
    );
  });
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    const [source, target] = ['source', 'target'].map((name) =>
      WordVocabulary.fromJSON(metadata[name] ?? ''),
    );
    const settings = JSON.parse(metadata.settings);
    const vocabularies = { source, target };
    const model = createTranslator(vocabularies, settings);
    model.loadStateDict(tensors);
    return { model, vocabularies, settings };
  } catch (error) {
    throw new UsageError(
      `${path} is not a translator saved by this example: ${error.message.split('\n')[0]}`,
    );
  }
}
