import { Worker } from 'node:worker_threads';
import { problemsOf, TASKS } from './tasks.js';

/**
 * Every trial to run: one form of one problem with one seed.
 *
 * @param {{ names: string[], quick: boolean, seeds?: number }} order
 */
export function jobsOf({ names, quick, seeds }) {
  return names.flatMap((name) =>
    problemsOf(TASKS[name], quick).flatMap((problem, p) =>
      problem.forms.flatMap((_, f) =>
        Array.from({ length: seeds ?? problem.seeds }, (_, n) => ({ name, quick, p, f, seed: n + 1 })),
      ),
    ),
  );
}

/** @returns the task, the problem and the form of a job */
export function partsOf({ name, quick, p, f }) {
  const problem = problemsOf(TASKS[name], quick)[p];
  return { task: TASKS[name], problem, form: problem.forms[f] };
}

/** Runs a trial in this thread. */
export function runJob(job, onProgress) {
  const { task, problem, form } = partsOf(job);
  const began = performance.now();
  const done = task.run(problem, form, { seed: job.seed, onProgress });
  return { ...job, ...done, seconds: (performance.now() - began) / 1000 };
}

/**
 * Runs all jobs on `workers` threads, the longest first. Each trial has its own runtime, so results do not depend on how the trials
 * are distributed.
 *
 * @param {object[]} jobs
 * @param {{ workers: number, onProgress: (job: object, part: number) => void, onResult: (result: object) => void }} how
 * @returns {Promise<object[]>} the results in the order of the jobs
 */
export async function runJobs(jobs, { workers, onProgress, onResult }) {
  const seconds = (job) => partsOf(job).form.seconds;
  const waiting = [...jobs.keys()].sort((a, b) => seconds(jobs[b]) - seconds(jobs[a]));
  const results = [];
  const work = async () => {
    const worker = new Worker(new URL('worker.js', import.meta.url));
    try {
      while (waiting.length > 0) {
        const n = waiting.shift();
        results[n] = await answer(worker, jobs[n], onProgress);
        onResult(results[n]);
      }
    } finally {
      // After an error the other threads stop after their current trial.
      waiting.length = 0;
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, work));
  return results;
}

function answer(worker, job, onProgress) {
  return new Promise((resolve, reject) => {
    const onMessage = ({ part, result }) => {
      if (!result) return onProgress(job, part);
      worker.off('message', onMessage).off('error', reject);
      resolve(result);
    };
    worker.on('message', onMessage).once('error', reject);
    worker.postMessage(job);
  });
}
