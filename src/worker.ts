/**
 * Trains in a worker.
 *
 * @module lstm-wasm/worker
 */

export { trainInWorker } from './workers/train-in-worker.js';
export type { WorkerTraining } from './workers/worker-training.js';
