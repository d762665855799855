import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../command.js';
import { seriesFigure } from './figures/series.js';
import { FIGURES } from './figures.js';
import { HELP, readOptions } from './options.js';
import { readSeries } from './series.js';

await command('vanishing', async (args) => {
  const options = readOptions(args);
  if (options.help) console.log(HELP);
  else await main(options);
});

async function main({ figures, data, column, out, sizes }) {
  const chosen = figures.map((name) => [name, FIGURES[name]]);
  if (data !== undefined)
    chosen.push(['series', seriesFigure(await readSeries(data, { column, lag: sizes.lag }))]);
  for (const [name, { asks, run }] of chosen) {
    const began = performance.now();
    const { svg, text } = run(sizes);
    console.log(`## ${asks}\n\n${text}\n`);
    const path = join(out, `${name}.svg`);
    if (svg) writeFileSync(path, svg);
    console.log(`${svg ? `${path}, ` : ''}${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  }
}
