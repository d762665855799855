import { answerOf } from './answer.js';
import { suite } from './suite.js';
import { tell } from './tell.js';

const url = new URL('worker.js', import.meta.url);

await tell('page, one file', suite);
await tell('web worker', () => answerOf(new Worker(url, { type: 'module' })));
await tell('service worker', async () => {
  const registration = await navigator.serviceWorker.register(url, { type: 'module' });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  while (worker.state !== 'activated')
    await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
  return answerOf(worker);
});
location.href = 'locked.html';
