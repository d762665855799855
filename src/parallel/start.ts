import { openThread } from '#threads';
import type { OnMessage, Thread } from '../runtime/thread.js';
import { throwIfAborted } from '../validation/options.js';

/** What a worker sends when it has received its first message. */
export const READY = 'ready';

/** Longer than any script takes to load: a worker that says nothing until then will not start. */
const START_SECONDS = 60;

/** A worker to start; `name` begins the messages of its errors. */
interface WorkerStart {
  readonly name: string;
  readonly job: unknown;
  readonly onMessage: OnMessage;
  /** Called when it fails after it has started. */
  readonly onFailure: (error: Error) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Starts a worker with its job and waits until it has received it. It keeps the process alive until then.
 *
 * @throws Error if it fails or does not start within a minute, the signal's reason if it is aborted; no worker is left then
 */
export async function startWorker({ name, job, onMessage, onFailure, signal }: WorkerStart): Promise<Thread> {
  let start: () => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const started = new Promise<void>((resolve, reject) => {
    start = resolve;
    fail = reject;
  });
  started.catch(() => {});
  let ended = false;
  const failed = (message: string) => {
    if (ended) return;
    const error = new Error(`${name} failed: ${message}`);
    fail(error);
    onFailure(error);
  };
  const abort = () => fail(signal?.reason);
  throwIfAborted(signal);
  const thread = await openThread(
    (message) => (message === READY ? start() : onMessage(message)),
    ({ message }) => failed(message),
  );
  const timer = setTimeout(
    () => failed(`it did not start within ${START_SECONDS} seconds`),
    START_SECONDS * 1000,
  );
  signal?.addEventListener('abort', abort);
  try {
    throwIfAborted(signal);
    thread.keepAlive(true);
    thread.post(job);
    await started;
    return thread;
  } catch (error) {
    ended = true;
    await thread.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    thread.keepAlive(false);
  }
}
