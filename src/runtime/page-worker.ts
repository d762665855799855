import type { OnFailure, OnMessage, Port, Thread } from './thread.js';

/** The feature that threads need and this runtime lacks, in words for an error message. */
export function missing(needed: 'workers' | 'shared memory'): string | undefined {
  if (typeof Worker === 'undefined') return 'Worker, which this runtime does not have';
  if (needed === 'shared memory' && typeof SharedArrayBuffer === 'undefined') {
    return 'SharedArrayBuffer, which a page has when it is cross-origin isolated (headers COOP and COEP)';
  }
  return undefined;
}

/** Wraps a worker that was started from `script`. */
export function threadOf(worker: Worker, script: string, onMessage: OnMessage, onFailure: OnFailure): Thread {
  worker.onmessage = ({ data }) => onMessage(data);
  worker.onmessageerror = () => onFailure(new Error('it received a message that cannot be deserialized'));
  worker.onerror = ({ message }) =>
    onFailure(
      new Error(
        message ||
          `cannot load its script, ${script}: check that it is served and that the Content-Security-Policy allows it in worker-src`,
      ),
    );
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    keepAlive() {},
    async terminate() {
      worker.terminate();
    },
  };
}

/** In a worker: receives messages, and returns the port to the thread that started it. */
export async function listen(onMessage: OnMessage): Promise<Port> {
  // Set before anything is awaited: messages that came before the script are delivered once it has run.
  globalThis.onmessage = ({ data }: MessageEvent) => onMessage(data);
  const { postMessage } = globalThis as unknown as {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  };
  return { post: (message, transfer = []) => postMessage(message, [...transfer]) };
}
