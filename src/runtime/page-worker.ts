import type { OnFailure, OnMessage, Port, Thread } from './thread.js';

/** The feature that threads need and this runtime lacks, in words for an error message. */
export function missingFeature(needed: 'workers' | 'shared memory'): string | undefined {
  if (typeof Worker === 'undefined') return 'Worker, which this runtime does not have';
  if (needed === 'shared memory' && typeof SharedArrayBuffer === 'undefined') {
    return 'SharedArrayBuffer, which a page has when it is cross-origin isolated (headers COOP and COEP)';
  }
  return undefined;
}

/** A worker's first message: its script runs. */
const LOADED = 'lstm-wasm: loaded';

/** The error of a worker whose script did not load; undefined once it runs. */
export function loadErrorOf(worker: Worker, script: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    worker.onmessage = () => resolve(undefined);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(scriptError(event, script));
    };
  });
}

/** Wraps a worker that was started from `script`. */
export function threadOf(worker: Worker, script: string, onMessage: OnMessage, onFailure: OnFailure): Thread {
  worker.onmessage = ({ data }) => {
    if (data !== LOADED) onMessage(data);
  };
  worker.onmessageerror = () => onFailure(new Error('it received a message that cannot be deserialized'));
  worker.onerror = (event) => onFailure(scriptError(event, script));
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    keepAlive() {},
    async terminate() {
      worker.terminate();
    },
  };
}

/** A script that is missing or forbidden gives an event without a message. */
function scriptError({ message }: ErrorEvent, script: string): Error {
  return new Error(
    message ||
      `cannot load its script, ${script}: check that it is served and that the Content-Security-Policy allows it in worker-src`,
  );
}

const addresses = new Map<string, string>();

/** An address of a module with this text, made once. */
export function addressOf(text: string): string {
  const address = addresses.get(text) ?? URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  addresses.set(text, address);
  return address;
}

/** In a worker: receives messages, and returns the port to the thread that started it. */
export async function listen(onMessage: OnMessage): Promise<Port> {
  // Set before anything is awaited: messages that came before the script are delivered once it has run.
  globalThis.onmessage = ({ data }: MessageEvent) => onMessage(data);
  const { postMessage } = globalThis as unknown as {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  };
  postMessage(LOADED, []);
  return { post: (message, transfer = []) => postMessage(message, [...transfer]) };
}
