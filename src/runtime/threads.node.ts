import type { OnFailure, OnMessage, Port, Thread } from './thread.js';

/** The feature that threads need and this runtime lacks: Node, Deno and Bun have all of them. */
export function missingFeature(_needed: 'workers' | 'shared memory'): string | undefined {
  return undefined;
}

/** Starts a worker. It does not keep the process alive until `keepAlive(true)`. */
export async function openThread(
  onMessage: OnMessage,
  onFailure: OnFailure,
  program = new URL('./worker.js', import.meta.url),
): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  // Flags of the main program, such as --input-type, do not apply to this one.
  const worker = new Worker(program, { execArgv: [], name: 'lstm-wasm' });
  worker.unref();
  worker.on('message', onMessage);
  worker.on('error', (error) =>
    onFailure(new Error((error as Partial<Error> | null)?.message ?? String(error))),
  );
  worker.on('exit', (code) => onFailure(new Error(`it exited with code ${code}`)));
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    keepAlive: (keep) => (keep ? worker.ref() : worker.unref()),
    async terminate() {
      await worker.terminate();
    },
  };
}

/** In a worker: receives messages, and returns the port to the thread that started it. */
export async function listen(onMessage: OnMessage): Promise<Port> {
  const { parentPort } = await import('node:worker_threads');
  parentPort?.on('message', onMessage);
  return { post: (message, transfer = []) => parentPort?.postMessage(message, [...transfer]) };
}
