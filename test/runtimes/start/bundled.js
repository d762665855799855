import { answerOf } from './answer.js';
import { suite } from './suite.js';
import { tell } from './tell.js';
import { trainElsewhere } from './train-elsewhere.js';

// Without await at the top level, which Vite 5 and 6 do not build for the browsers that they aim at.
async function main() {
  await tell('page', async () => ({
    ...(await suite()),
    also: { 'trains in a worker': await trainElsewhere() },
  }));
  await tell('web worker', () =>
    answerOf(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })),
  );
}

main();
