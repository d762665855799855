import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, type Body, post, postFloats, postJson, service, wave } from '../helpers/edge.js';

/* What the handler of examples/edge says to bad input: never a 500. */
vi.mock('lstm-wasm', () => import('../../src/index.js'));
vi.mock('lstm-wasm/data', () => import('../../src/data/index.js'));
vi.mock('lstm-wasm/files', () => import('../../src/files/index.js'));

/** What the service takes for its own fault. */
const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
beforeEach(() => logged.mockClear());
afterEach(() => expect(logged).not.toHaveBeenCalled());

describe('bad input', () => {
  const json = { 'content-type': 'application/json' };
  const octets = { 'content-type': 'application/octet-stream' };
  const named = (cases: [Body, RegExp][]) => cases.map(([body, sentence]) => ({ body, sentence }));
  const full = (n: number, value: unknown = 1) => Array.from({ length: n }, () => value);
  const bad = async (response: Promise<Response>, status: number, sentence: RegExp) => {
    const { status: got, headers, ...rest } = await response;
    expect(got, JSON.stringify(rest)).toBe(status);
    const answer = await (await response).json();
    expect(Object.keys(answer)).toEqual(['error']);
    expect(answer.error).toMatch(sentence);
    expect(answer.error).not.toMatch(/\n|undefined|\[object/);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    return headers;
  };

  it('404: nothing there', async () => {
    for (const path of [
      '/nothing',
      '/forecast/x',
      '/constructor',
      '/sessions',
      '/sessions/a/other',
      '/sessions/a%20b',
    ])
      await bad(ask('POST', path, { body: '{}', headers: json }), 404, /GET \/ says/);
    await bad(post('/sessions/a/forecast', { series: [1] }), 404, /sessions are not kept here/);
    await bad(ask('DELETE', '/sessions/a'), 404, /sessions are not kept here/);
  });

  it('400: a URL that does not parse, as Deno passes it on', async () => {
    const request = { method: 'GET', url: 'http://[', headers: new Headers() };
    await bad(service.fetch(request), 400, /valid URL/);
    await bad(service.inSession(request), 400, /valid URL/);
  });

  it('405: another method, and which would do', async () => {
    const headers = await bad(ask('GET', '/forecast'), 405, /expected POST, got GET/);
    expect(headers.get('allow')).toBe('POST, OPTIONS');
    await bad(ask('PUT', '/', { body: 'x' }), 405, /expected GET or HEAD, got PUT/);
    await bad(ask('GET', '/sessions/a'), 405, /expected DELETE, got GET/);
  });

  it('415: another kind of body', async () => {
    await bad(ask('POST', '/forecast', { body: '[1]' }), 415, /content-type expected .* got "text\/plain/);
    await bad(ask('POST', '/generate', { body: 'x', headers: octets }), 415, /got "application\/octet/);
    await bad(ask('POST', '/generate'), 415, /got "none"/);
    const zipped = { ...json, 'content-encoding': 'gzip' };
    await bad(
      ask('POST', '/generate', { body: '{}', headers: zipped }),
      415,
      /content-encoding expected none/,
    );
  });

  it('413: a body beyond the limit, announced or not, and read no further', async () => {
    const announced = { ...json, 'content-length': '262145' };
    await bad(ask('POST', '/generate', { body: '{}', headers: announced }), 413, /at most 262144 bytes/);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    await bad(ask('POST', '/generate', { body: endless, headers: json }), 413, /at most 262144 bytes/);
    expect(sent).toBeLessThan(600_000);
    const most = `{}${' '.repeat(262_142)}`;
    expect((await ask('POST', '/generate', { body: most, headers: json })).status).toBe(200);
    await bad(ask('POST', '/generate', { body: `${most} `, headers: json }), 413, /at most/);
  });

  it.each([
    ['', /got 0 bytes/],
    ['{"series":[1,', /JSON/],
    ['[1,2]', /object, got \[1,2\]/],
    ['null', /got null/],
  ])('400: the body %j', async (body, sentence) => {
    await bad(ask('POST', '/forecast', { body, headers: json }), 400, sentence);
    await bad(ask('POST', '/generate', { body, headers: json }), 400, sentence);
  });

  it('400: bytes that are no UTF-8, and a body that breaks off', async () => {
    await bad(
      ask('POST', '/generate', { body: new Uint8Array([123, 255, 125]), headers: json }),
      400,
      /UTF-8/,
    );
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) });
    await bad(ask('POST', '/generate', { body: broken, headers: json }), 400, /broke off/);
  });

  describe('nested more deeply than JSON.stringify follows', () => {
    const deep = (open: string, close: string) => open.repeat(20_000) + close.repeat(20_000);
    const arrays = deep('[', ']');
    const objects = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;

    it.each(['series', 'horizon', 'state', 'other'])('%s of a forecast', async (name) => {
      for (const value of [arrays, `[${arrays}]`, objects, `[${objects}]`, `[1,${arrays}]`]) {
        const first = name === 'series' ? '' : '"series":[1],';
        await bad(
          ask('POST', '/forecast', { body: `{${first}"${name}":${value}}`, headers: json }),
          422,
          /expected/,
        );
      }
    });

    it.each(['prompt', 'length', 'temperature', 'topK', 'topP', 'seed', 'state', 'other'])(
      '%s of a text',
      async (name) => {
        for (const value of [arrays, objects])
          await bad(
            ask('POST', '/generate', { body: `{"${name}":${value}}`, headers: json }),
            422,
            /expected/,
          );
      },
    );

    it('the body itself', async () => {
      await bad(ask('POST', '/generate', { body: arrays, headers: json }), 400, /a JSON object, got \[\[/);
      await bad(ask('POST', '/generate', { body: objects, headers: json }), 422, /got "a"/);
    });
  });

  it('408: a body that does not arrive in time, and is read no further', async () => {
    vi.useFakeTimers();
    const cancel = vi.fn();
    const slow = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
      cancel,
    });
    const response = ask('POST', '/generate', { body: slow, headers: json });
    await vi.advanceTimersByTimeAsync(31_000);
    await bad(response, 408, /within 30 s/);
    expect(cancel).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it.each(
    named([
      [{}, /series expected an array of numbers, got none/],
      [{ series: 'abc' }, /got "abc"/],
      [{ series: null }, /got null/],
      [{ series: [] }, /at least one value/],
      [{ series: [[]] }, /at least one value/],
      [{ series: [[1], [1, 2]] }, /series\[1\] expected 1 values, as the first series has, got 2/],
      [{ series: [[1], 2] }, /series\[1\] expected an array/],
      [{ series: [1, '2'] }, /series\[1\] expected a number, got "2"/],
      [{ series: [1, null] }, /series\[1\] expected a number, got null/],
      [{ series: [1, [2]] }, /series\[1\] expected a number, got \[2\]/],
      [{ series: [1, 1e16] }, /numbers up to 1000000000000000, got 10000000000000000/],
      [{ series: full(65, [1]) }, /1 to 64 at once, got 65/],
      [{ series: full(16_384) }, /at most 16384, got 1 \* \(16384 \+ 1\)/],
      [{ series: [1], horizon: 0 }, /horizon expected a whole number from 1 to 256, got 0/],
      [{ series: [1], horizon: 1.5 }, /horizon expected .* got 1.5/],
      [{ series: [1], horizon: '3' }, /horizon expected .* got "3"/],
      [{ series: [1], horizont: 3 }, /fields series, horizon, state, got "horizont"/],
      [{ series: [1], state: 5 }, /state expected .* no base64/],
      [{ series: [1], state: '???' }, /state expected .* no base64/],
      [{ series: [1], state: '' }, /state expected .* another kind/],
    ]),
  )('422: a forecast: $sentence', async ({ body, sentence }) => {
    await bad(post('/forecast', body), 422, sentence);
  });

  it.each(
    named([
      [{ prompt: '' }, /prompt expected a text of 1 to 1000 characters, got 0/],
      [{ prompt: 7 }, /prompt expected .* got 7/],
      [{ prompt: 'a'.repeat(1001) }, /got 1001 characters/],
      [{ prompt: 'naïve 🐋' }, /prompt expected only characters that GET \/ lists, got "ï"/],
      [{ length: 0 }, /length expected a whole number from 1 to 4000, got 0/],
      [{ length: 1e9 }, /length expected/],
      [{ temperature: -1 }, /temperature expected a number from 0 to 10, got -1/],
      [{ temperature: 'hot' }, /temperature expected/],
      [{ topK: 0 }, /topK expected a whole number from 1/],
      [{ topK: '' }, /topK expected/],
      [{ topP: 0 }, /topP expected a number above 0 and up to 1, got 0/],
      [{ topP: 1.1 }, /topP expected/],
      [{ seed: -1 }, /seed expected/],
      [{ seed: null }, /seed expected .* got null/],
      [{ maxTokens: 5 }, /got "maxTokens"/],
      [{ state: {} }, /state expected/],
    ]),
  )('422: a text: $sentence', async ({ body, sentence }) => {
    await bad(post('/generate', body), 422, sentence);
  });

  it('400 and 422: floats that do not fit their header', async () => {
    const floats = new Float32Array(6);
    for (const shape of ['', '6', '2,x', '2,3,1', '0,6', '2.5,2'])
      await bad(postFloats(floats, { 'x-shape': shape }), 400, /x-shape expected rows,length/);
    await bad(postFloats(floats, {}), 400, /x-shape expected rows,length, got none/);
    await bad(postFloats(floats, { 'x-shape': '2,4' }), 400, /2 \* 4 \* 4 = 32 bytes, got 24/);
    await bad(postFloats(floats, { 'x-shape': '2,3', 'x-horizon': 'x' }), 422, /horizon expected .* got NaN/);
    await bad(postFloats(floats, { 'x-shape': '100,3' }), 422, /1 to 64/);
    await bad(
      postFloats(floats.fill(Number.NaN, 3, 4), { 'x-shape': '2,3' }),
      422,
      /numbers up to .* got NaN/,
    );
  });

  describe('422: a state', () => {
    const bytesOf = (state: string) => Buffer.from(state, 'base64');
    const changed = (state: string, change: (bytes: Buffer) => Buffer | undefined) => {
      const bytes = bytesOf(state);
      return (change(bytes) ?? bytes).toString('base64');
    };
    const changes: [string, (bytes: Buffer) => Buffer | undefined, RegExp][] = [
      ['that is cut', (bytes) => bytes.subarray(0, -4), /cut or longer/],
      ['that is longer', (bytes) => Buffer.concat([bytes, Buffer.alloc(3)]), /cut or longer/],
      ['of a later version', (bytes) => void bytes.writeUInt16LE(2, 0), /another kind/],
      ['of another model', (bytes) => void bytes.writeUInt32LE(1, 4), /another model/],
      ['without rows', (bytes) => void bytes.writeUInt16LE(0, 2), /cut or longer/],
      ['with NaN', (bytes) => void bytes.writeFloatLE(Number.NaN, bytes.length - 4), /no model has/],
      ['too large', (bytes) => void bytes.writeFloatLE(1e30, bytes.length - 4), /no model has/],
      [
        'with a number that is none',
        (bytes) => void bytes.writeDoubleLE(Number.POSITIVE_INFINITY, 8),
        /no model/,
      ],
    ];

    it.each(changes)('%s', async (_, change, sentence) => {
      const text = await postJson('/generate', { length: 5 });
      await bad(post('/generate', { state: changed(text.state, change) }), 422, sentence);
      const forecast = await postJson('/forecast', { series: [1, 2] });
      await bad(post('/forecast', { series: [1], state: changed(forecast.state, change) }), 422, sentence);
    });

    it('of the other endpoint, of another batch, or with numbers out of range', async () => {
      const text = await postJson('/generate', { length: 5 });
      const forecast = await postJson('/forecast', {
        series: [
          [1, 2],
          [3, 4],
        ],
      });
      await bad(post('/forecast', { series: [1], state: text.state }), 422, /another model/);
      await bad(post('/generate', { state: forecast.state }), 422, /another model/);
      await bad(
        post('/forecast', { series: [1], state: forecast.state }),
        422,
        /of 2 series, the request of 1/,
      );
      for (const [at, value] of [
        [8, 200],
        [8, -1],
        [8, 0.5],
        [16, 2 ** 33],
        [24, 2 ** 20],
      ] as const) {
        const state = changed(text.state, (bytes) => void bytes.writeDoubleLE(value, at));
        await bad(post('/generate', { state }), 422, /numbers that no text has/);
      }
      const state = changed(forecast.state, (bytes) => void bytes.writeDoubleLE(-1, 16));
      await bad(post('/forecast', { series: [[1], [2]], state }), 422, /a scale that no series has/);
    });

    it('with any other bits is answered, not failed on', async () => {
      const { state } = await postJson('/generate', { length: 5 });
      const { state: other } = await postJson('/forecast', { series: wave(20) });
      for (let at = 0; at < 80; at++) {
        const flip = (bytes: Buffer) => {
          bytes[(at * 7) % bytes.length] ^= 1 << (at % 8);
          return undefined;
        };
        const statuses = [
          (
            await post(
              '/generate',
              { length: 5, state: changed(state, flip) },
              { accept: 'application/json' },
            )
          ).status,
          (await post('/forecast', { series: [1], state: changed(other, flip) })).status,
        ];
        expect(statuses.every((status) => status === 200 || status === 422)).toBe(true);
      }
    });
  });
});
