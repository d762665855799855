import { sendReport } from './send-report.js';
import { suite } from './suite.js';
import { reportOf } from './worker-report.js';

const url = new URL('worker.js', import.meta.url);

await sendReport('page, one file', suite);
await sendReport('web worker', () => reportOf(new Worker(url, { type: 'module' })));
await sendReport('service worker', async () => {
  const registration = await navigator.serviceWorker.register(url, { type: 'module' });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  while (worker.state !== 'activated')
    await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
  return reportOf(worker);
});
location.href = 'locked.html';
