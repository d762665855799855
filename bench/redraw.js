// Draws results.svg and growth.svg again from results.json and growth.json: node bench/redraw.js

import { readFileSync, writeFileSync } from 'node:fs';
import { drawGrowth } from './growth-picture.js';
import { drawResults } from './picture.js';
import { SWEEP_TITLES } from './sweeps.js';

const file = (name) => new URL(name, import.meta.url);
const read = (name) => JSON.parse(readFileSync(file(name), 'utf8'));

writeFileSync(file('results.svg'), drawResults(read('results.json')));
writeFileSync(file('growth.svg'), drawGrowth(read('growth.json'), SWEEP_TITLES));
