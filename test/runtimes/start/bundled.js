import { sendReport } from './send-report.js';
import { suite } from './suite.js';
import { trainElsewhere } from './train-elsewhere.js';
import { reportOf } from './worker-report.js';

// Without await at the top level, which Vite 5 and 6 do not build for the browsers that they aim at.
async function main() {
  await sendReport('page', async () => ({
    ...(await suite()),
    also: { 'trains in a worker': await trainElsewhere() },
  }));
  await sendReport('web worker', () =>
    reportOf(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })),
  );
}

main();
