// Writes what train.py reads: the same split and the same words, as ids. `node examples/translation/reference/export.js corpus.json`

import { writeFile } from 'node:fs/promises';
import { command, UsageError } from '../../command.js';
import { pairsOf, readSentences, split } from '../corpus.js';
import { readOptions } from '../options.js';
import { LENGTH_EXPONENT, LONGEST } from '../search.js';
import { vocabulariesOf } from '../training.js';
import { WIDTH } from '../translate.js';

await command('export', async ([file, ...flags]) => {
  if (!file || file.startsWith('-'))
    throw new UsageError('expected a file first, as in: export.js corpus.json, then the flags of main.js');
  const { settings, validation, test, seed } = readOptions(flags);
  const parts = split(await readSentences(), { validation, test, seed });
  const pairs = pairsOf(parts.train);
  const vocabularies = vocabulariesOf(pairs, settings);
  const ids = ({ source, target }) => [
    Array.from(vocabularies.source.encode(source)),
    Array.from(vocabularies.target.encode(target)),
  ];
  const corpus = {
    settings,
    sourceWords: vocabularies.source.size,
    targetWords: vocabularies.target.size,
    beam: WIDTH,
    lengthExponent: LENGTH_EXPONENT,
    longest: LONGEST,
    targetSymbols: vocabularies.target.symbols,
    train: pairs.map(ids),
    validation: pairsOf(parts.validation).map(ids),
    test: pairsOf(parts.test.map((sentence) => ({ ...sentence, french: sentence.french.slice(0, 1) }))).map(
      (pair) => ids(pair)[0],
    ),
    references: parts.test.map(({ french }) => french),
  };
  await writeFile(file, JSON.stringify(corpus));
  console.log(
    `${corpus.train.length} pairs to train on and ${corpus.test.length} sentences to translate are in ${file}.`,
  );
});
