import { runAsProgram } from '../command.js';
import { weather } from './weather.js';

await runAsProgram(weather);
