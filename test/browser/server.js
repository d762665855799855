import { fileURLToPath } from 'node:url';
import { sendFile } from '../../examples/page/server.js';
import { serveReports } from '../helpers/report-server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['build', 'examples/page', 'test/browser'];

/** The pages, from an origin of their own. `?policy=` is the page's Content-Security-Policy. */
export function serve() {
  return serveReports((request, response) => {
    const policy = new URLSearchParams(request.url.split('?')[1]).get('policy');
    const headers = policy === null ? {} : { 'Content-Security-Policy': policy };
    const headersOf = () => ({ 'Access-Control-Allow-Origin': '*', ...headers });
    return sendFile(request, response, { root, folders, headersOf });
  });
}
