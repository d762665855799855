// chrF of what train.py wrote: `node examples/translation/reference/score.js corpus.json translations.json`

import { readFile } from 'node:fs/promises';
import { command, UsageError } from '../../command.js';
import { chrF } from '../chrf.js';
import { sentenceOf } from '../tokens.js';

await command('score', async (files) => {
  if (files.length !== 2) throw new UsageError('expected two files: score.js corpus.json translations.json');
  const [{ targetSymbols, references }, ways] = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(file, 'utf8'))),
  );
  for (const [name, translations] of Object.entries(ways)) {
    const texts = translations.map((ids) => sentenceOf(ids.map((id) => targetSymbols[id])));
    console.log(`PyTorch, ${name}: chrF ${chrF(texts, references).toFixed(2)}`);
  }
});
