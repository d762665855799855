const JSON_KIND = 'application/json';
const wave = (length, n) => Array.from({ length }, (_, t) => 20 + 5 * Math.sin(t / 3 + n) + ((t * 7) % 3));

const rows = (n) => Array.from({ length: 16 }, (_, row) => wave(24, n + row));

const series = (n) => json('series', '/forecast', { series: wave(24, n), horizon: 8 });
const text = (n) => json('text', '/generate', { prompt: 'The whale ', length: 48, seed: n });
const wrong = () => json('refused', '/forecast', { series: 'all of it' }, { status: 422 });

const batch = (n) => ({
  kind: 'batch',
  path: '/forecast',
  headers: { 'content-type': 'application/octet-stream', 'x-shape': '16,24', 'x-horizon': '8' },
  body: Buffer.from(Float32Array.from(rows(n).flat()).buffer),
  status: 200,
});

const session = (_, state) => json('session', '/forecast', { series: [20, 21, 22], horizon: 8, state });

const left = (n) => json('left', '/generate', { length: 2000, seed: n }, { leaves: true });

/**
 * Request number `n` of the load, its expected status, and whether its reader `leaves` after the first chunk.
 *
 * @param state - one that the service gave
 */
export function requestOf(n, state) {
  if (n % 50 === 49) return left(n);
  return [series, session, series, batch, series, text, series, wrong][n % 8](n, state);
}

function json(kind, path, body, { status = 200, leaves = false } = {}) {
  return { kind, path, headers: { 'content-type': JSON_KIND }, body: JSON.stringify(body), status, leaves };
}
