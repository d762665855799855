/** Asks a worker for its report. Rejects if the worker fails. */
export function reportOf(worker) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => (data.report ? resolve(data.report) : reject(new Error(data.failed)));
    worker.addEventListener('error', ({ message }) =>
      reject(new Error(message ?? 'the worker did not load')),
    );
    worker.postMessage('report', [port2]);
  });
}
