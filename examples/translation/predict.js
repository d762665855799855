// Translates English sentences: `node examples/translation/predict.js 'I am hungry.'`.

import { command } from '../command.js';
import { HELP, readTexts } from './options.js';
import { alignment } from './report.js';
import { loadTranslator } from './saved.js';
import { translate, WIDTH } from './translate.js';

await command('predict', async (args) => {
  const { help, model, texts } = readTexts(args);
  if (help) {
    console.log(HELP);
    return;
  }
  const translator = await loadTranslator(model);
  const greedy = translate(translator, texts);
  const beam = translate(translator, texts, { width: WIDTH });
  for (const [n, text] of texts.entries()) {
    console.log(text);
    console.log(`  greedy  ${greedy[n].text}`);
    console.log(`  beam ${WIDTH}  ${beam[n].text}\n`);
    console.log('Attention of each word, in hundredths:\n');
    console.log(`${alignment(beam[n])}\n`);
  }
});
