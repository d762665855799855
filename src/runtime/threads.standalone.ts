import { threadOf } from './page-worker.js';
import type { Failed, Heard, Thread } from './thread.js';

export { listen, missing } from './page-worker.js';

/** By their name the one file of the build knows the workers that it has started itself. */
const NAME = 'lstm-wasm/standalone worker';

/** Whether this is such a worker. */
export function isOwnWorker(): boolean {
  return typeof document === 'undefined' && typeof self !== 'undefined' && self.name === NAME;
}

/** Starts a worker from the file that this stands in. */
export async function openThread(heard: Heard, failed: Failed): Promise<Thread> {
  const url = import.meta.url;
  const foreign = isForeign(url);
  const worker = new Worker(foreign ? importing(url) : url, { type: 'module', name: NAME });
  return threadOf(worker, foreign ? `a Blob that imports ${url}` : url, heard, failed);
}

/** A page may start a worker from its own origin alone, but that one may import from wherever the page may. */
function isForeign(url: string): boolean {
  return globalThis.location !== undefined && new URL(url).origin !== location.origin;
}

let script: string | undefined;

function importing(url: string): string {
  script ??= URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' }));
  return script;
}
