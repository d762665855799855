// From a CDN it would be 'https://cdn.jsdelivr.net/npm/lstm-wasm@0.1.0'.
import * as library from '../../build/standalone/lstm-wasm.js';
import { start } from './page.js';

start(library);
