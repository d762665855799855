import { createServer } from 'node:http';

/** The longest report that is read, in characters: a page that loops must not fill the memory. */
const LONGEST = 2 ** 24;

/**
 * A server on a free port of loopback, for pages that test something: `send(request, response)` answers with the pages, and what
 * they find they POST as JSON to `?report=<name>`. No driver of the browser is needed then.
 */
export async function serveReports(send) {
  const reports = new Map();
  const waiting = new Map();
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return send(request, response);
    const name = new URLSearchParams(request.url.split('?')[1]).get('report');
    try {
      if (name === null) throw new Error('no name');
      reports.set(name, JSON.parse(await textOf(request)));
    } catch {
      return response.writeHead(400, { Connection: 'close' }).end();
    }
    waiting.get(name)?.(reports.get(name));
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    report: (name, timeout) =>
      new Promise((resolve, reject) => {
        if (reports.has(name)) return resolve(reports.get(name));
        const late = () => reject(new Error(`${name}: no report within ${timeout / 1000} s`));
        const timer = setTimeout(late, timeout);
        waiting.set(name, (found) => {
          clearTimeout(timer);
          resolve(found);
        });
      }),
    close: () => server.close().closeAllConnections(),
  };
}

async function textOf(request) {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of request) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST) throw new Error('too long');
  }
  return text + decoder.decode();
}
