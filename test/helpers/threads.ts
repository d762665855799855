import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openThread as open } from '../../src/runtime/threads.node.js';
import { writeWorker } from './worker-program.js';

/*
 * `#threads` for the tests: the threads of Node, with a program bundled from the sources, since a worker does not see what
 * the test runner makes of them.
 */

export { listen, missingFeature } from '../../src/runtime/threads.node.js';

let program: URL | undefined;

function bundled(): URL {
  if (program) return program;
  const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-worker-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  program = pathToFileURL(writeWorker(folder));
  return program;
}

/** The program of the workers, as it is bundled. */
export function programText(): string {
  return readFileSync(bundled(), 'utf8');
}

let instead: URL | undefined;

/** Lets workers run another program; without an argument, their own again. */
export function runInstead(code?: string): void {
  instead = code === undefined ? undefined : new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

export const openThread: typeof open = (onMessage, onFailure) =>
  open(onMessage, onFailure, instead ?? bundled());
