// Sends 100,000 requests to the service over loopback, and reports latencies and memory:
//   npm run load --prefix examples/edge -- [node | workerd | deno | bun] [requests] [own]

import { readFileSync } from 'node:fs';
import { runtimes } from '../test/runtimes.js';
import { Client } from './client.js';
import { requestOf } from './mix.js';

const CONNECTIONS = 16;
const WARM_UP = 1000;
/** By default V8 takes the memory of a large machine (`own`). These flags give it what this service needs. */
const SMALL_HEAP = ['--min-semi-space-size=2', '--max-semi-space-size=2', '--max-old-space-size=32'];
/** How much more memory the process may have at the end than after a tenth of the requests, when the heap is full and the code compiled. */
const SLACK = 1.1;

const LEAST = 10 * WARM_UP;

const [name = 'node', count = '100000', heap = 'small'] = process.argv.slice(2);
const requests = Number(count);
if (!['node', 'workerd', 'deno', 'bun'].includes(name) || !(requests >= LEAST && requests <= 10_000_000)) {
  console.error(`load: expected node, workerd, deno or bun, and ${LEAST} to 10000000 requests`);
  process.exit(2);
}

const server = await runtimes[name](heap === 'own' ? [] : SMALL_HEAP);
const client = new Client(server.base, CONNECTIONS);
try {
  await load();
} finally {
  client.close();
  await server.stop();
}

async function load() {
  console.log(`${name}: ${requests} requests over ${CONNECTIONS} connections, heap: ${heap}`);
  const { state } = await client.json('/forecast', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ series: [19, 20, 21, 20, 19] }),
  });
  const ask = (n) => requestOf(n, state);
  await client.run(0, WARM_UP, ask);
  const early = await footprint(WARM_UP);
  const held = [];
  const times = new Float64Array(requests - WARM_UP);
  let spent = 0;
  // Sampled on the way: memory that levels off is no leak.
  for (const [from, to] of stretches()) {
    const began = performance.now();
    times.set(await client.run(from, to, ask), from - WARM_UP);
    spent += performance.now() - began;
    held.push(await footprint(to));
  }
  console.log(
    `${Math.round((times.length / spent) * 1000)} requests a second; milliseconds: ${latency(times)}`,
  );
  report(times, ask);
  const [settled, late] = [held[0], held.at(-1)];
  const grown = heap !== 'own' && late.process > settled.process * SLACK;
  if (late.wasm !== early.wasm || grown) process.exitCode = 1;
}

function stretches() {
  const marks = [WARM_UP, ...[0.1, 0.3, 0.6].map((share) => requests * share), requests].map(Math.round);
  return marks.slice(1).flatMap((to, n) => (to > marks[n] ? [[marks[n], to]] : []));
}

/** The latencies of each kind of request. */
function report(times, ask) {
  const kinds = Map.groupBy(times.keys(), (n) => ask(n + WARM_UP).kind);
  for (const [kind, places] of kinds) console.log(`  ${kind}: ${latency(places.map((n) => times[n]))}`);
}

function latency(times) {
  const sorted = Float64Array.from(times).sort();
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}`;
}

async function footprint(request) {
  const { core } = await client.json('/');
  const [, kB] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
  const held = { wasm: core.memoryBytes, process: Math.round(kB / 1000) };
  console.log(`request ${request}: wasm memory ${held.wasm} bytes, the process ${held.process} MB`);
  return held;
}
