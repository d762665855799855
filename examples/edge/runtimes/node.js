import { createServer } from 'node:http';
import { createService } from '../service.js';
import { models } from './files.js';
import { listener } from './node-http.js';

const service = createService(models);
const [hostname = '127.0.0.1', port = '8787'] = process.argv.slice(2);

const server = createServer(listener((request) => service.fetch(request)));
server.listen(Number(port), hostname, () =>
  console.log(`Listening on http://${hostname}:${server.address().port}/`),
);
