import { readFile, writeFile } from 'node:fs/promises';
import { WordVocabulary } from 'lstm-wasm/data';
import { readSafetensors, writeSafetensors } from 'lstm-wasm/files';
import { Translator } from './translator.js';

/** A translator with its vocabularies in one file: `saveModel` knows the package's own layers alone. */
export async function saveTranslator(path, { model, vocabularies, settings }) {
  const metadata = {
    settings: JSON.stringify(settings),
    source: JSON.stringify(vocabularies.source),
    target: JSON.stringify(vocabularies.target),
  };
  await writeFile(path, writeSafetensors(model.stateDict(), metadata));
}

export async function loadTranslator(path) {
  const { tensors, metadata } = readSafetensors(await readFile(path));
  const [source, target] = [metadata.source, metadata.target].map((text) => WordVocabulary.fromJSON(text));
  const settings = JSON.parse(metadata.settings);
  const model = new Translator({ ...settings, sourceWords: source.size, targetWords: target.size });
  model.loadStateDict(tensors);
  return { model, vocabularies: { source, target }, settings };
}
