import { createService } from '../service.js';
import { models } from './files.js';

const service = createService(models);
const [hostname = '127.0.0.1', port = '8787'] = Bun.argv.slice(2);

const server = Bun.serve({
  hostname,
  port: Number(port),
  development: false, // no error page with the server's source
  fetch: (request) => service.fetch(request),
});
console.log(`Listening on ${server.url}`);
