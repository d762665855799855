import { suite } from './suite.js';

addEventListener('fetch', (event) => event.respondWith(suite().then((report) => Response.json(report))));
