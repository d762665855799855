export { trainInWorker } from './training/train-in-worker.js';
export type { WorkerTraining } from './training/worker-training.js';
