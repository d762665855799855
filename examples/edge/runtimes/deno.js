import { createService } from '../service.js';
import { models } from './files.js';

const service = createService(models);
const [hostname = '127.0.0.1', port = '8787'] = Deno.args;

Deno.serve({ hostname, port: Number(port) }, (request) => service.fetch(request));
