import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../command.js';
import { FIGURES } from './figures.js';
import { HELP, readOptions } from './options.js';

await command('vanishing', (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else main(options);
});

function main({ figures, out, sizes }) {
  for (const name of figures) {
    const { asks, run } = FIGURES[name];
    const began = performance.now();
    const { svg, text } = run(sizes);
    console.log(`## ${asks}\n\n${text}\n`);
    const path = join(out, `${name}.svg`);
    if (svg) writeFileSync(path, svg);
    console.log(`${svg ? `${path}, ` : ''}${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  }
}
