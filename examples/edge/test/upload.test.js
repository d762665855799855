import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bundleForCloudflare } from './bundle.js';

/** In KiB, as wrangler counts: 109 kB with both models. With the writer alone, 9 kB less, it is below 100 kB. */
const LIMIT = 106.4;

it('the upload is small, and the wasm a module of its own', async (t) => {
  const printed = await bundleForCloudflare();
  const [line, size] = /Total Upload: .* gzip: ([\d.]+) KiB/.exec(printed) ?? [];
  t.diagnostic(line);
  assert.ok(Number(size) < LIMIT, printed);
});
