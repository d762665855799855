import { answerOf } from './answer.js';
import { suite } from './suite.js';
import { tell } from './tell.js';

await tell('page', suite);
await tell('web worker', () =>
  answerOf(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })),
);
