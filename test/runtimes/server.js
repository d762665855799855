import { sendFile } from '../../examples/page/server.js';
import { serveReports } from '../helpers/report-server.js';

/** The Content-Security-Policy of a page. */
const POLICIES = {
  'standalone/one-file.html': "script-src 'self' 'wasm-unsafe-eval'",
  'standalone/locked.html': "script-src 'self'",
};

/** Plain static files, and the reports of pages. */
export async function serve(root) {
  const headersOf = (path) => (path in POLICIES ? { 'Content-Security-Policy': POLICIES[path] } : {});
  const { origin, report, close } = await serveReports((request, response) =>
    sendFile(request, response, { root, headersOf }),
  );
  return {
    address: `${origin}/`,
    /** The report of each environment; `failed` is the reason if there is none. */
    reports: async (environments, timeout) => {
      const found = environments.map((environment) =>
        report(environment, timeout).catch((error) => ({ failed: error.message })),
      );
      return Object.fromEntries((await Promise.all(found)).map((result, n) => [environments[n], result]));
    },
    close,
  };
}
