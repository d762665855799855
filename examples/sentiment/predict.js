// Classifies texts as positive or negative: `node examples/sentiment/predict.js 'text'`.

import { command } from '../command.js';
import { judgeOf, loadCommittee } from './committee.js';
import { HELP, readTexts } from './options.js';

await command('predict', async (args) => {
  const { help, model, texts } = readTexts(args);
  if (help) {
    console.log(HELP);
    return;
  }
  const judge = judgeOf(await loadCommittee(model));
  for (const text of texts) {
    const odds = judge(text);
    const sure = 100 / (1 + Math.exp(-Math.abs(odds)));
    console.log(`${odds > 0 ? 'positive' : 'negative'}  ${sure.toFixed(0)} %  ${text}`);
  }
});
