import type { Failed, Heard, Port, Thread } from './thread.js';

/** What threads need and this runtime lacks. */
export function missing(needed: 'workers' | 'shared memory'): string | undefined {
  if (typeof Worker === 'undefined') return 'Worker, which this runtime does not have';
  if (needed === 'shared memory' && typeof SharedArrayBuffer === 'undefined') {
    return 'SharedArrayBuffer, which a page has when it is cross-origin isolated (its headers COOP and COEP)';
  }
  return undefined;
}

/** A worker that was started from `script`. */
export function threadOf(worker: Worker, script: string, heard: Heard, failed: Failed): Thread {
  worker.onmessage = ({ data }) => heard(data);
  worker.onmessageerror = () => failed(new Error('it was sent what it can not be sent'));
  worker.onerror = ({ message }) =>
    failed(
      new Error(
        message ||
          `its script, ${script}, could not be loaded: it has to be there, and a Content-Security-Policy has to allow it in worker-src`,
      ),
    );
  return {
    post: (message, transferred = []) => worker.postMessage(message, [...transferred]),
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
  const { postMessage } = globalThis as unknown as {
    postMessage(message: unknown, transferred: ArrayBuffer[]): void;
  };
  return { post: (message, transferred = []) => postMessage(message, [...transferred]) };
}
