import type { Failed, Heard, Port, Thread } from './thread.js';

/** What threads need and this runtime lacks. */
export function missing(): string | undefined {
  if (typeof Worker === 'undefined') return 'Worker, which this runtime does not have';
  if (typeof SharedArrayBuffer === 'undefined') {
    return 'SharedArrayBuffer, which a page has when it is cross-origin isolated (its headers COOP and COEP)';
  }
  return undefined;
}

/** Starts a worker. */
export async function openThread(heard: Heard, failed: Failed): Promise<Thread> {
  // Bundlers know this form, and only as it is written here.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'lstm-wasm' });
  worker.onmessage = ({ data }) => heard(data);
  worker.onmessageerror = () => failed(new Error('it was sent what it can not be sent'));
  worker.onerror = ({ message }) =>
    failed(new Error(message || 'its script, worker.js, could not be loaded'));
  return {
    post: (message) => worker.postMessage(message),
    hold() {},
    async end() {
      worker.terminate();
    },
  };
}

/** In a worker: hears what comes, and gives the way back. */
export async function listen(heard: Heard): Promise<Port> {
  // At once, before anything is awaited: messages that came before the script are handed out when it has run.
  globalThis.onmessage = ({ data }: MessageEvent) => heard(data);
  const { postMessage } = globalThis as unknown as { postMessage(message: unknown): void };
  return { post: (message) => postMessage(message) };
}
