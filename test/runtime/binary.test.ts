import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRuntime, LSTM } from '../../src/index.js';
import { type Binary, compile, decode, instantiate } from '../../src/runtime/binary.js';

const built = (name: string) => new URL(`../../build/wasm/${name}`, import.meta.url);
const carried = async (name: string) => (await import(/* @vite-ignore */ built(name).href)).default;

/** No engine takes it. */
const refused: Binary = { variant: 'relaxed', source: () => Uint8Array.of(0) };

afterEach(() => void vi.unstubAllGlobals());

describe.each(['simd', 'relaxed'] as const)('%s, as it is carried', (variant) => {
  const bytes = new Uint8Array(readFileSync(built(`${variant}.wasm`)));

  it('in pages as text', async () => {
    expect(decode(await carried(`${variant}.js`))).toEqual(bytes);
  });

  it('in Node as what the engine decodes', async () => {
    expect(new Uint8Array((await carried(`${variant}.node.js`))())).toEqual(bytes);
  });

  it('runs from either', async ({ skip }) => {
    if (!WebAssembly.validate(bytes)) skip(`this engine refuses ${variant}`);
    for (const name of [`${variant}.js`, `${variant}.node.js`]) {
      const source = await carried(name);
      expect(createRuntime({ binary: { variant, source } }).variant).toBe(variant);
    }
  });
});

describe('an engine', () => {
  it('that refuses the binary runs simd', () => {
    expect(createRuntime({ binary: refused }).variant).toBe('simd');
  });

  it('that refuses both raises an error that says what it needs', () => {
    expect(() => compile(refused)).toThrow(/^WebAssembly with SIMD expected: Chrome/);
  });

  it('whose page forbids instantiation, as in WebKit, raises it too', () => {
    const { CompileError, Module } = WebAssembly;
    const forbids = function Instance() {
      throw new CompileError('the page forbids it');
    };
    const module = new Module(readFileSync(built('simd.wasm')));
    vi.stubGlobal('WebAssembly', { CompileError, Module, Instance: forbids });
    expect(() => instantiate(module)).toThrow(/'wasm-unsafe-eval' in script-src/);
  });

  it('whose page forbids compilation raises an error that says what the page must allow, and why', () => {
    const { validate } = WebAssembly;
    const forbids = function Module() {
      throw new Error('the page forbids it');
    };
    vi.stubGlobal('WebAssembly', { validate, Module: forbids });
    const source = () => new Uint8Array(readFileSync(built('simd.wasm')));
    const call = () => compile({ variant: 'simd', source });
    expect(call).toThrow(/'wasm-unsafe-eval' in script-src/);
    expect(call).toThrow(expect.objectContaining({ cause: new Error('the page forbids it') }));
  });
});

it('takes a module of another realm', () => {
  const bytes = readFileSync(built('simd.wasm'));
  const module = runInNewContext('new WebAssembly.Module(bytes)', { bytes });
  expect(module instanceof WebAssembly.Module).toBe(false);
  expect(new LSTM(2, 2, { runtime: createRuntime({ module }) }).runtime.variant).toBe('simd');
});
