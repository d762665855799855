import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { listener } from '../../examples/edge/runtimes/node-http.js';
// @ts-expect-error: plain JavaScript, without declarations
import { Writer } from '../../examples/edge/writer.js';
import { ask, type Body, post, postFloats, postJson, type Sessions, service, wave } from '../helpers/edge.js';

/*
 * The handler of examples/edge in plain Node. It imports the built package by its name; here that name stands for the sources.
 * examples/edge/test/ runs it in the other runtimes.
 */
vi.mock('lstm-wasm', () => import('../../src/index.js'));
vi.mock('lstm-wasm/data', () => import('../../src/data/index.js'));
vi.mock('lstm-wasm/files', () => import('../../src/files/index.js'));

const memoryOf = async () => (await (await ask('GET', '/')).json()).core.memoryBytes;

/** What the service takes for its own fault. */
const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
beforeEach(() => logged.mockClear());
afterEach(() => expect(logged).not.toHaveBeenCalled());

describe('GET /', () => {
  it('says what there is', async () => {
    const response = await ask('GET', '/');
    const about = await response.json();
    expect(Object.keys(about)).toEqual(['POST /forecast', 'POST /generate', 'limits', 'characters', 'core']);
    expect(about.core.variant).toBe('simd');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('answers HEAD without a body, and a preflight', async () => {
    const head = await ask('HEAD', '/');
    expect([head.status, head.body]).toEqual([200, null]);
    const preflight = await ask('OPTIONS', '/forecast');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-shape');
  });
});

describe('POST /forecast', () => {
  it('foresees a wave better than its last value does', async () => {
    const { forecast } = await postJson('/forecast', { series: wave(60), horizon: 12 });
    const truth = wave(12, 0, 60);
    const errorOf = (guess: (n: number) => number) =>
      truth.reduce((sum, value, n) => sum + (value - guess(n)) ** 2, 0);
    expect(forecast).toHaveLength(12);
    expect(errorOf((n) => forecast[n])).toBeLessThan(errorOf(() => wave(60).at(-1) as number) / 5);
  });

  it('gives a batch what each series gets alone', async () => {
    const series = [
      wave(40),
      wave(40, 1),
      wave(40, 2),
      wave(40, 3).map((value) => value * 1000),
      wave(40, 4),
    ];
    const { forecast } = await postJson('/forecast', { series, horizon: 5 });
    const alone = await Promise.all(series.map((one) => postJson('/forecast', { series: one, horizon: 5 })));
    expect(forecast).toEqual(alone.map((answer) => answer.forecast));
  });

  it('takes and gives floats', async () => {
    const rows = [wave(24), wave(24, 2), wave(24, 3)].map((row) => row.map(Math.fround));
    const headers = { 'x-shape': '3,24', 'x-horizon': '4' };
    const response = await postFloats(Float32Array.from(rows.flat()), headers);
    expect(response.headers.get('x-shape')).toBe('3,4');
    const floats = new Float32Array(await response.arrayBuffer());
    const { forecast, state } = await postJson('/forecast', { series: rows, horizon: 4 });
    expect(Array.from(floats, (value) => Number(value.toPrecision(6)))).toEqual(
      forecast.flat().map((value: number) => Number(value.toPrecision(6))),
    );
    const json = await postFloats(Float32Array.from(rows.flat()), { ...headers, accept: 'application/json' });
    expect(await json.json()).toEqual({ forecast, state });
  });

  it('goes on from a state as if it had never stopped', async () => {
    const whole = [wave(50), wave(50, 1)];
    const first = await postJson('/forecast', { series: whole.map((row) => row.slice(0, 30)) });
    const rest = { series: whole.map((row) => row.slice(30)), state: first.state };
    const [once, twice] = [await postJson('/forecast', rest), await postJson('/forecast', rest)];
    expect(once).toEqual(twice);
    const third = await postJson('/forecast', { series: [[20], [21]], horizon: 3, state: once.state });
    const last = {
      series: whole.map((row, n) => [...row.slice(30), 20 + n]),
      horizon: 3,
      state: first.state,
    };
    expect((await postJson('/forecast', last)).forecast).toEqual(third.forecast);
  });

  it('foresees more of the same where nothing changes, and takes its scale when something does', async () => {
    const still = await postJson('/forecast', { series: [0.1, 0.1, 0.1, 0.1], horizon: 3 });
    expect(still.forecast).toEqual([0.1, 0.1, 0.1]);
    const moved = await postJson('/forecast', { series: wave(30), state: still.state });
    expect(moved.forecast[0]).not.toBe(0.1);
  });

  it('stays finite for outliers and the largest values', async () => {
    const first = await postJson('/forecast', { series: [0, 1e-300, 0] });
    const { forecast } = await postJson('/forecast', {
      series: [1e15, -1e15],
      horizon: 9,
      state: first.state,
    });
    expect(forecast.every(Number.isFinite)).toBe(true);
  });
});

describe('POST /generate', () => {
  it('streams text piece by piece, the same for a seed', async () => {
    const response = await post('/generate', { prompt: 'The whale ', length: 130, seed: 5 });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const pieces: string[] = [];
    for await (const piece of (response.body as ReadableStream).pipeThrough(new TextDecoderStream()))
      pieces.push(piece);
    expect(pieces.length).toBe(3);
    const { text, seed } = await postJson('/generate', { prompt: 'The whale ', length: 130, seed: 5 });
    expect([text, seed]).toEqual([pieces.join(''), 5]);
    expect(text).toHaveLength(130);
    expect(text).toMatch(/\b(the|and|of|a|to)\b/);
  });

  it('draws a seed of its own, and says which', async () => {
    const first = await post('/generate', { length: 60 });
    const seed = Number(first.headers.get('x-seed'));
    const again = await post('/generate', { length: 60, seed });
    expect(await again.text()).toBe(await first.text());
  });

  it('goes on from a state as if it had never stopped, in lines of JSON too', async () => {
    const asked = { prompt: 'Call me ', length: 100, seed: 9, temperature: 0.8, topK: 20, topP: 0.95 };
    const { text } = await postJson('/generate', asked);
    const first = await postJson('/generate', { ...asked, length: 37 });
    const { seed: _, prompt: __, ...rest } = { ...asked, length: 63, state: first.state };
    const response = await post('/generate', rest, { accept: 'application/x-ndjson' });
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const second = lines.map((line) => line.text ?? '').join('');
    expect(first.text + second).toBe(text);
    expect(Object.keys(lines.at(-1))).toEqual(['state', 'seed']);
  });

  it('takes temperature 0, quotes of a printer, and a prompt in the middle', async () => {
    const sure = { prompt: '“Ahab’s ', length: 20, temperature: 0 };
    const first = await postJson('/generate', { ...sure, seed: 1 });
    expect((await postJson('/generate', { ...sure, seed: 2 })).text).toBe(first.text);
    const straight = await postJson('/generate', { ...sure, prompt: '"Ahab\'s ' });
    expect(straight.text).toBe(first.text);
    const turned = await postJson('/generate', { ...sure, prompt: 'Zealand', state: first.state });
    const on = await postJson('/generate', { length: 20, temperature: 0, state: first.state });
    expect(turned.text).not.toBe(on.text);
  });

  it('writes no further than it is read, and stops when its reader goes', async () => {
    const write = vi.spyOn(Writer.prototype, 'write');
    const response = await post('/generate', { length: 4000 });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(write.mock.calls.length).toBe(2);
    await reader.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(write.mock.calls.length).toBe(2);
    write.mockRestore();
  });
});

describe('many at once', () => {
  it('do not mix', async () => {
    const texts = Array.from({ length: 12 }, (_, n) => ({ prompt: 'Ahab ', length: 300 + n, seed: n % 4 }));
    const series = Array.from({ length: 12 }, (_, n) => [wave(500, n), wave(500, n + 0.5)]);
    const one = (n: number) => [
      post('/generate', texts[n] as Body).then((response) => response.text()),
      postJson('/forecast', { series: series[n], horizon: 200 }),
    ];
    const alone = [];
    for (let n = 0; n < 12; n++) alone.push(await Promise.all(one(n)));
    const together = await Promise.all(Array.from({ length: 12 }, (_, n) => Promise.all(one(n))));
    expect(together).toEqual(alone);
  });

  it('leave the memory as it was, the given up ones too', async () => {
    const round = async () => {
      const responses = await Promise.all([
        ...Array.from({ length: 20 }, () => post('/generate', { length: 2000 })),
        ...Array.from({ length: 64 }, (_, n) =>
          post('/forecast', { series: Array.from({ length: n + 1 }, () => wave(8, n)), horizon: 9 }),
        ),
      ]);
      for (const [n, response] of responses.entries()) {
        const reader = (response.body as ReadableStream).getReader();
        await reader.read();
        if (n % 2 === 0) await reader.cancel();
      }
    };
    await round();
    const before = await memoryOf();
    for (let n = 0; n < 5; n++) await round();
    expect(await memoryOf()).toBe(before);
  });
});

describe('sessions', () => {
  /** What the Durable Object is to the service. */
  const places = new Map<string, { states: Map<string, string>; last: Promise<unknown> }>();
  const sessions: Sessions = (name) => {
    const place = places.get(name) ?? { states: new Map(), last: Promise.resolve() };
    places.set(name, place);
    const keep = (kind: string, work: (state?: string) => Promise<{ state: string }>) => {
      const next = place.last.then(async () => {
        const answer = await work(place.states.get(kind));
        place.states.set(kind, answer.state);
        return answer;
      });
      place.last = next.catch(() => {});
      return next;
    };
    const forget = async () => void places.delete(name);
    return { fetch: (request) => service.inSession(request, { keep, forget }) };
  };

  it('go on where they were, each for itself', async () => {
    const asked = { prompt: 'The sea ', length: 80, seed: 3 };
    const { text } = await postJson('/generate', asked);
    const first = await postJson('/sessions/a/generate', { ...asked, length: 30 }, sessions);
    const other = await postJson('/sessions/b/generate', { ...asked, length: 30 }, sessions);
    const second = await post('/sessions/a/generate', { length: 50 }, {}, sessions);
    expect(first.text + (await second.text())).toBe(text);
    expect([other.text, first.state]).toEqual([first.text, undefined]);
    expect(second.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('take two requests one after the other', async () => {
    const series = wave(40);
    await postJson('/sessions/c/forecast', { series: series.slice(0, 20) }, sessions);
    const [, last] = await Promise.all([
      postJson('/sessions/c/forecast', { series: series.slice(20, 30) }, sessions),
      postJson('/sessions/c/forecast', { series: series.slice(30) }, sessions),
    ]);
    const { state } = await postJson('/forecast', { series: series.slice(0, 20) });
    expect(last).toEqual({
      forecast: (await postJson('/forecast', { series: series.slice(20), state })).forecast,
    });
  });

  it('are forgotten', async () => {
    expect((await ask('DELETE', '/sessions/a', {}, sessions)).status).toBe(204);
    const again = await postJson('/sessions/a/generate', { length: 30, seed: 3 }, sessions);
    expect(again.text).toBe((await postJson('/generate', { length: 30, seed: 3 })).text);
  });

  it('refuse a state beside their own, and are listed', async () => {
    const { state } = await postJson('/generate', { length: 5 });
    const response = await post('/sessions/a/generate', { state }, {}, sessions);
    expect([response.status, (await response.json()).error]).toEqual([
      422,
      expect.stringContaining('keeps its own'),
    ]);
    expect(Object.keys(await (await ask('GET', '/', {}, sessions)).json())).toContain(
      'DELETE /sessions/<name>',
    );
  });
});

describe('over HTTP in Node', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer(listener((request: Request) => service.fetch(request)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('answers, and tells a body too large why', async () => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${base}/forecast`, { ...init, body: '{"series":[1,2,3],"horizon":2}' });
    expect((await response.json()).forecast).toHaveLength(2);
    const large = await fetch(`${base}/forecast`, { ...init, body: ' '.repeat(3_000_000) });
    expect([large.status, (await large.json()).error]).toEqual([
      413,
      expect.stringContaining('262144 bytes'),
    ]);
  });

  it.each([
    ['TRACE', '/', 400],
    ['OPTIONS', '*', 204],
    ['GET', '//x:y', 404],
    ['GET', '//[', 404],
    ['GET', '//', 404],
    ['GET', '/%', 404],
    ['GET', '/%00', 404],
    ['GET', '/..%2fpackage.json', 404],
    ['GET', '/../package.json', 404],
    ['GET', '/.git/HEAD', 404],
    ['GET', 'http://x/forecast', 404],
    ['GET', 'http://[', 404],
    ['GET', `/${'x'.repeat(10_000)}`, 404],
  ])('%s %s gives %d', async (method, path, status) => {
    const { hostname, port } = new URL(base);
    const got = await new Promise((resolve, reject) => {
      const request = httpRequest({ hostname, port, method, path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end();
    });
    expect(got).toBe(status);
  });

  it('stops writing for a client that goes away', async () => {
    const write = vi.spyOn(Writer.prototype, 'write');
    const controller = new AbortController();
    const response = await fetch(`${base}/generate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"length":4000}',
      signal: controller.signal,
    });
    await (response.body as ReadableStream).getReader().read();
    controller.abort();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const count = write.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(write.mock.calls.length).toBe(count);
    expect(count).toBeLessThan(4000 / 48);
    write.mockRestore();
  });
});
