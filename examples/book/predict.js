// Continues a prompt with a model that main.js saved: `node examples/book/predict.js --prompt 'The whale '`.

import { command, fileName, parseFlags } from '../command.js';
import { load } from './checkpoint.js';
import { watchInterruptions } from './interruption.js';
import { MODEL } from './options.js';
import { readWriting, WRITING, WRITING_HELP, withPrompt, write } from './writing.js';

const HELP = `Writes text with a model that was trained before, character by character.

  node examples/book/predict.js [flags]

  --model FILE       what the training saved (default ${MODEL})
${WRITING_HELP}
  --seed N           another seed, another text; the same again the same (default 0)
  --help             this`;

await command('predict', async (args) => {
  const { values } = parseFlags(args, { model: 'string', ...WRITING });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const writing = readWriting(values);
  const { model, vocabulary, settings } = await load('model', fileName('model', values.model) ?? MODEL);
  await write(model, vocabulary, withPrompt(writing, settings, vocabulary), watchInterruptions());
});
