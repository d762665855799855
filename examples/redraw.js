// Draws figures again from the data in them, without training: node examples/redraw.js [FILE …], by default those of the READMEs.

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawCurves } from './adding/chart.js';
import { drawCurve } from './book/chart.js';
import { drawTask } from './classics/picture.js';
import { TASKS } from './classics/tasks.js';
import { command, UsageError } from './command.js';
import { drawSplits } from './sentiment/chart.js';
import { drawForecasts } from './series/chart.js';
import { drawSpeech } from './speech/draw.js';
import { storedData } from './stored-figure.js';
import { drawTranslation } from './translation/chart.js';

const DRAWINGS = {
  adding: drawCurves,
  book: drawCurve,
  classics: drawTask,
  sentiment: drawSplits,
  series: drawForecasts,
  speech: drawSpeech,
  translation: drawTranslation,
};

/** The figures of the READMEs that hold their data. */
export const STORED = [
  ...['adding/adding', 'book/book', 'sentiment/sentiment', 'speech/speech', 'translation/translation'],
  ...['births/births', 'stocks/stocks', 'weather/weather'].map((name) => `series/${name}`),
  ...Object.keys(TASKS).map((name) => `classics/${name}`),
].map((name) => fileURLToPath(new URL(`${name}.svg`, import.meta.url)));

/** @param {string} svg with data in it. @returns {string | undefined} it as it is drawn now; undefined where it holds no data */
export function redrawn(svg) {
  const stored = storedData(svg);
  return stored && DRAWINGS[stored.name](stored.data);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await command('redraw', async (args) => {
    for (const path of args.length > 0 ? args : STORED) {
      const svg = await readFile(path, 'utf8').catch(() => {
        throw new UsageError(`expected an SVG file, got "${path}": it cannot be read`);
      });
      const again = redrawn(svg);
      if (again === undefined)
        throw new UsageError(`expected a figure drawn by these examples, got "${path}": it holds no data`);
      await writeFile(path, again);
      console.log(path);
    }
  });
