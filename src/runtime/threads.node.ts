import type { Failed, Heard, Port, Thread } from './thread.js';

/** What threads need and this runtime lacks; Node, Deno and Bun have it all. */
export function missing(_needed: 'workers' | 'shared memory'): string | undefined {
  return undefined;
}

/** Starts a worker. It does not keep the process alive until it is told to. */
export async function openThread(
  heard: Heard,
  failed: Failed,
  program = new URL('./worker.js', import.meta.url),
): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  // What the command line asks of the main program, such as --input-type, is not for this one.
  const worker = new Worker(program, { execArgv: [], name: 'lstm-wasm' });
  worker.unref();
  worker.on('message', heard);
  worker.on('error', (error) => failed(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', (code) => failed(new Error(`it exited with code ${code}`)));
  return {
    post: (message, transferred = []) => worker.postMessage(message, [...transferred]),
    hold: (held) => (held ? worker.ref() : worker.unref()),
    async end() {
      await worker.terminate();
    },
  };
}

/** In a worker: hears what comes, and gives the way back. */
export async function listen(heard: Heard): Promise<Port> {
  const { parentPort } = await import('node:worker_threads');
  parentPort?.on('message', heard);
  return { post: (message, transferred = []) => parentPort?.postMessage(message, [...transferred]) };
}
