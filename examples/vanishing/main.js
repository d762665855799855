import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIGURES } from './figures.js';
import { HELP, readOptions, UsageError } from './options.js';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`vanishing: ${error.message}`);
  process.exitCode = 2;
}

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
