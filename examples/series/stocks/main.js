import { runAsProgram } from '../command.js';
import { stocks } from './stocks.js';

await runAsProgram(stocks);
