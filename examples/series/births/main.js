import { runAsProgram } from '../command.js';
import { births } from './births.js';

await runAsProgram(births);
