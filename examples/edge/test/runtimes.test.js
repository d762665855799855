import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { models } from '../runtimes/files.js';
import { createService } from '../service.js';
import { missing, runtimes } from './runtimes.js';

/* The same handler in each runtime, over HTTP. What Node computes in this process is what all of them have to say, to the bit. */

const reference = createService(models);
const json = { 'content-type': 'application/json', accept: 'application/json' };
const wave = (length) => Array.from({ length }, (_, t) => 10 + ((t * t * 7) % 13));

for (const [name, start] of Object.entries(runtimes)) {
  const skip = missing[name] && `${name} is installed on Linux x64 alone`;
  describe(name, { skip, timeout: 120_000 }, () => {
    let server;
    before(async () => {
      server = await start();
    });
    after(() => server?.stop());

    const fetchFrom = (path, init) => fetch(server.base + path, init);
    const post = (path, body, headers = json) =>
      fetchFrom(path, { method: 'POST', headers, body: JSON.stringify(body) });
    const expected = async (path, body, headers = json) => {
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await reference.fetch(new Request(`http://here${path}`, init))).text();
    };

    it('says what there is', async () => {
      const { core } = await (await fetchFrom('/')).json();
      assert.equal(core.variant, 'simd');
    });

    it('gives the same bits: forecasts, texts, states', async () => {
      const series = [wave(40), wave(40).reverse(), wave(40).map((value) => value * 1e6)];
      const bodies = [
        ['/forecast', { series, horizon: 20 }],
        ['/generate', { prompt: 'The whale ', length: 400, seed: 11, topK: 30, topP: 0.9 }],
      ];
      for (const [path, body] of bodies)
        assert.equal(await (await post(path, body)).text(), await expected(path, body));
    });

    it('takes and gives floats', async () => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream', 'x-shape': '2,12', 'x-horizon': '3' },
        body: Float32Array.from(wave(24)),
      };
      const response = await fetchFrom('/forecast', init);
      assert.equal(response.headers.get('x-shape'), '2,3');
      const here = await reference.fetch(new Request('http://here/forecast', init));
      assert.deepEqual(await response.arrayBuffer(), await here.arrayBuffer());
    });

    it('goes on from a state that it gave', async () => {
      const asked = { prompt: 'Call me ', length: 90, seed: 4 };
      const { text } = JSON.parse(await expected('/generate', asked));
      const first = await (await post('/generate', { ...asked, length: 33 })).json();
      const second = await (await post('/generate', { length: 57, state: first.state })).json();
      assert.equal(first.text + second.text, text);
    });

    it('streams, and serves others while a reader has gone away', async () => {
      const controller = new AbortController();
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: '{"length":4000}', signal: controller.signal };
      const reader = (await fetchFrom('/generate', init)).body.getReader();
      assert.ok((await reader.read()).value.length < 4000);
      controller.abort();
      await assert.rejects(async () => {
        for (;;) if ((await reader.read()).done) return;
      });
      assert.equal((await post('/forecast', { series: [1, 2] })).status, 200);
    });

    /** A server that ends the connection while the body is still being written can cut off its own answer. */
    const tooLarge = async (tries = 10) => {
      try {
        return await fetchFrom('/generate', { method: 'POST', headers: json, body: ' '.repeat(300_000) });
      } catch (error) {
        if (tries === 1) throw error;
        return tooLarge(tries - 1);
      }
    };

    it('refuses bad input in one sentence', async () => {
      const cases = [
        [post('/nothing', {}), 404],
        [fetchFrom('/forecast'), 405],
        [post('/generate', {}, { 'content-type': 'text/plain' }), 415],
        [fetchFrom('/generate', { method: 'POST', headers: json, body: '{' }), 400],
        [post('/forecast', { series: 'x' }), 422],
        [post('/generate', { state: 'AQABAA==' }), 422],
        [tooLarge(), 413],
      ];
      for (const [response, status] of cases) {
        const answer = await response;
        assert.equal(answer.status, status);
        assert.deepEqual(Object.keys(await answer.json()), ['error']);
        assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      }
    });

    it('refuses JSON of any depth, and goes on', async () => {
      const deep = '['.repeat(50_000) + ']'.repeat(50_000);
      for (const path of ['/forecast', '/generate'])
        for (const body of [deep, `{"series":${deep}}`, `{"length":${deep},"horizon":${deep}}`]) {
          const answer = await fetchFrom(path, { method: 'POST', headers: json, body });
          assert.ok(answer.status === 400 || answer.status === 422, `${body.slice(0, 20)}: ${answer.status}`);
          assert.deepEqual(Object.keys(await answer.json()), ['error']);
        }
    });

    /** The status of a request as it is written: fetch would resolve `..` and refuse a malformed path. */
    const statusOf = (method, path) =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(server.base);
        const sent = httpRequest({ hostname, port, method, path, agent: false }, (response) => {
          resolve(response.resume().statusCode);
        });
        sent.on('error', (error) => (error.code === 'ECONNRESET' ? resolve('closed') : reject(error))).end();
      });

    // edge-runtime's own server parses URLs itself, and reports what fails there.
    const ours = name !== 'vercel edge';
    it('survives malformed URLs and odd methods', { skip: !ours && 'not this server' }, async () => {
      const paths = [
        '//[',
        '//',
        '/%',
        '/%zz',
        '/%00',
        '/\\',
        '/../..%2f.git/HEAD',
        'http://[',
        `/${'x'.repeat(5000)}`,
      ];
      const methods = ['TRACE', 'PROPFIND', 'PUT'];
      const seen = [];
      for (const path of paths) seen.push(['GET', path, await statusOf('GET', path)]);
      for (const method of methods) seen.push([method, '/', await statusOf(method, '/')]);
      const wrong = seen.filter(([, , status]) => !(status === 'closed' || status < 500));
      assert.deepEqual(wrong, []);
      assert.equal((await post('/forecast', { series: [1, 2] })).status, 200);
    });

    it('keeps sessions, or says that it does not', async () => {
      const asked = { prompt: 'The sea ', length: 70, seed: 8 };
      const first = await post('/sessions/one/generate', { ...asked, length: 40 });
      if (name !== 'workerd') return assert.equal(first.status, 404);
      const second = await post('/sessions/one/generate', { length: 30 });
      const { text } = JSON.parse(await expected('/generate', asked));
      assert.equal((await first.json()).text + (await second.json()).text, text);
      const again = await post('/sessions/one/forecast', { series: [1, 2, 3] });
      assert.deepEqual(Object.keys(await again.json()), ['forecast']);
      assert.equal((await post('/sessions/one/generate', { state: 'x' })).status, 422);
      assert.equal((await fetchFrom('/sessions/one', { method: 'DELETE' })).status, 204);
      const fresh = await (await post('/sessions/one/generate', asked)).json();
      assert.equal(fresh.text, text);
    });
  });
}
