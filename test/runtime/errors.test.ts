import { describe, expect, it } from 'vitest';
import { createRuntime, Linear, LSTM, setDefaultRuntime } from '../../src/index.js';
import { bad, numbers, options, type Row, refuses } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const SEED = 'a whole number from 0 to 2^53 - 1';

/** An empty module: it is one, but not this package's. */
const foreign = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));

function titled(value: unknown): string {
  return value !== null && typeof value === 'object' ? Object.prototype.toString.call(value) : String(value);
}

const runtime: Row[] = [
  ...options('createRuntime', (_, value) => createRuntime(value), ['seeds', 'seed']),
  ...numbers(
    'seed',
    (_, seed) => createRuntime({ seed }),
    [-1, 1.5, 2 ** 53],
    SEED,
    'createRuntime with a seed of',
  ),
  ...[null, 'relaxed', 3, {}, foreign].map(
    (value): Row => [
      `createRuntime with ${titled(value)} for a binary`,
      () => createRuntime({ binary: bad(value) }),
      TypeError,
      /^binary expected `relaxed` from 'lstm-wasm\/relaxed', got /,
    ],
  ),
  [
    'createRuntime with a number for the source',
    () => createRuntime({ binary: bad({ variant: 'relaxed', source: 5 }) }),
    TypeError,
    /^binary/,
  ],
  ...[null, 'simd', 3, {}, new Uint8Array(8)].map(
    (value): Row => [
      `createRuntime with ${titled(value)} for a module`,
      () => createRuntime({ module: bad(value) }),
      TypeError,
      /^module expected a WebAssembly\.Module, got /,
    ],
  ),
  ['createRuntime with another program', () => createRuntime({ module: foreign }), TypeError, /^module/],
  ...[undefined, null, {}, 'simd'].map(
    (value): Row => [
      `setDefaultRuntime with ${value}`,
      () => setDefaultRuntime(bad(value)),
      TypeError,
      /^runtime expected what createRuntime\(\) gives, got /,
    ],
  ),
];

function suite(variant: Variant) {
  describe(`what runtimes refuse [${variant.name}]`, () => refuses(variant, runtime));

  it(`the default runtime is the one that was set [${variant.name}]`, () => {
    const first = new Linear(1, 1).runtime;
    const second = variant.create();
    try {
      setDefaultRuntime(second);
      expect(() => setDefaultRuntime(bad(null))).toThrow(TypeError);
      expect(new Linear(1, 1).runtime).toBe(second);
    } finally {
      setDefaultRuntime(first);
    }
    expect(new LSTM(1, 1).runtime).toBe(first);
  });
}

variants.forEach(suite);
