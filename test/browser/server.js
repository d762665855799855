import { createServer } from 'node:http';
import { sendFile } from '../../examples/page/server.js';

/**
 * The repository's files, from an origin of its own. `?policy=` is the page's Content-Security-Policy, POST what a page has
 * found: no driver of the browser is needed then.
 */
export async function serve() {
  const told = {};
  const waiting = {};
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url, 'http://localhost');
    if (request.method === 'POST') {
      const name = searchParams.get('report');
      told[name] = JSON.parse(await textOf(request));
      waiting[name]?.(told[name]);
      response.end();
      return;
    }
    const policy = searchParams.get('policy');
    const headers = policy === null ? {} : { 'Content-Security-Policy': policy };
    await sendFile(request, response, { 'Access-Control-Allow-Origin': '*', ...headers });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    report: (name, timeout) =>
      new Promise((resolve, reject) => {
        if (name in told) resolve(told[name]);
        waiting[name] = resolve;
        const late = () => reject(new Error(`${name}: no report within ${timeout / 1000} s`));
        setTimeout(late, timeout).unref();
      }),
    close: () => server.close().closeAllConnections(),
  };
}

async function textOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
