import { parentPort } from 'node:worker_threads';
import { runJob } from './jobs.js';

parentPort.on('message', (job) => {
  const result = runJob(job, (part) => parentPort.postMessage({ part }));
  parentPort.postMessage({ result });
});
