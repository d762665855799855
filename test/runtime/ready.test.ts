import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { relaxed } from '../../src/relaxed.js';
import type { Binary } from '../../src/runtime/binary.js';

/* Main threads of Chrome before version 115 compile and instantiate more than 4 kB only asynchronously. */

type Package = typeof import('../../src/index.js');
let lstmWasm: Package;

const file = readFileSync(new URL('../../build/wasm/simd.wasm', import.meta.url));
const input = { data: Float32Array.of(1, 2, 3), shape: [1, 3] };

function refuse(what: string) {
  return function refused() {
    throw new RangeError(
      `WebAssembly.${what} is disallowed on the main thread, if the buffer size is larger than 4KB. Use WebAssembly.compile, or compile on a worker thread.`,
    );
  };
}

/** The message that Chrome 114 gives. */
function stubOldChrome(): void {
  const { Module, Instance } = WebAssembly;
  const stub = Object.create(WebAssembly, {
    Module: { value: Object.assign(refuse('Compile'), { exports: Module.exports }) },
    Instance: { value: refuse('Instance') },
    compile: { value: WebAssembly.compile },
    instantiate: { value: WebAssembly.instantiate },
  });
  vi.stubGlobal('WebAssembly', stub);
  void Instance;
}

beforeEach(async () => {
  vi.resetModules();
  lstmWasm = await import('../../src/index.js');
});

afterEach(() => void vi.unstubAllGlobals());

describe('a main thread that refuses synchronous compilation', () => {
  it('says so, and what to do', () => {
    stubOldChrome();
    const { LSTM, createRuntime } = lstmWasm;
    for (const call of [() => new LSTM(1, 1), () => createRuntime()]) {
      expect(call).toThrow(/main thread .*before 115.*`await ready\(\)`/);
      expect(call).not.toThrow(/Content-Security-Policy/);
    }
  });

  it('says so of a compiled module too', async () => {
    const module = await WebAssembly.compile(file);
    stubOldChrome();
    expect(() => lstmWasm.createRuntime({ module })).toThrow(/`await ready\(\)`/);
    expect((await lstmWasm.ready({ module })).variant).toBe('simd');
  });

  it('runs after ready(), with the bits of any other', async () => {
    const expected = new lstmWasm.LSTM(3, 4).forward(input).output;
    vi.resetModules();
    lstmWasm = await import('../../src/index.js');
    stubOldChrome();
    const runtime = await lstmWasm.ready();
    const layer = new lstmWasm.LSTM(3, 4);
    expect(layer.runtime).toBe(runtime);
    expect(layer.forward(input).output).toEqual(expected);
  });
});

describe('ready', () => {
  it('gives the default runtime, once', async () => {
    const { ready, Linear } = lstmWasm;
    const [one, two] = await Promise.all([ready(), ready()]);
    expect(one).toBe(two);
    expect(new Linear(1, 1).runtime).toBe(one);
    expect(await ready()).toBe(one);
  });

  it('keeps a default runtime that there is', async () => {
    const { runtime } = new lstmWasm.Linear(1, 1);
    expect(await lstmWasm.ready()).toBe(runtime);
  });

  it('makes the runtime of its options the default one', async () => {
    const { ready, Linear, createRuntime } = lstmWasm;
    const { runtime: before } = new Linear(1, 1);
    const runtime = await ready({ binary: relaxed, seed: 7 });
    expect(runtime).not.toBe(before);
    expect([runtime.seed, runtime.variant]).toEqual([7, createRuntime({ binary: relaxed }).variant]);
    expect(new Linear(1, 1).runtime).toBe(runtime);
  });

  it('runs simd where the engine refuses the binary', async () => {
    const binary: Binary = { variant: 'relaxed', source: () => Uint8Array.of(0) };
    expect((await lstmWasm.ready({ binary })).variant).toBe('simd');
  });

  it('rejects what createRuntime throws', async () => {
    const { ready } = lstmWasm;
    await expect(ready({ sead: 1 } as never)).rejects.toThrow(
      /ready: unknown option "sead"; did you mean "seed"/,
    );
    await expect(ready({ seed: -1 })).rejects.toThrow(RangeError);
    await expect(ready({ module: {} as never })).rejects.toThrow(/module expected a WebAssembly.Module/);
  });

  it('names the policy of a page that forbids WebAssembly', async () => {
    const forbids = () => Promise.reject(new WebAssembly.CompileError('refused by the policy'));
    vi.stubGlobal('WebAssembly', Object.create(WebAssembly, { compile: { value: forbids } }));
    await expect(lstmWasm.ready()).rejects.toThrow(/'wasm-unsafe-eval' in script-src/);
  });
});

describe('an engine without WebAssembly', () => {
  it('is distinguished from one without SIMD', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const { LSTM, createRuntime, ready } = lstmWasm;
    for (const call of [() => new LSTM(1, 1), () => createRuntime()])
      expect(call).toThrow(/^WebAssembly expected.*Hermes/);
    await expect(ready()).rejects.toThrow(/^WebAssembly expected/);
  });
});
