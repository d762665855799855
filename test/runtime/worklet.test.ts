import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadModel, readSafetensors, saveModel, writeSafetensors } from '../../src/files/index.js';
import { createRuntime, Linear, LSTM, Sequential, softmax } from '../../src/index.js';
import { decodeText, encodeText } from '../../src/runtime/text.js';

/** What an AudioWorkletGlobalScope does not have. */
const MISSING = [
  ...['TextDecoder', 'TextEncoder', 'fetch', 'URL', 'performance', 'setTimeout', 'setImmediate'],
  ...[
    'structuredClone',
    'atob',
    'btoa',
    'self',
    'queueMicrotask',
    'MessageChannel',
    'Blob',
    'crypto',
    'process',
  ],
];
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

describe('without what an AudioWorklet lacks', () => {
  beforeEach(() => {
    for (const name of MISSING) vi.stubGlobal(name, undefined);
  });
  afterEach(() => void vi.unstubAllGlobals());

  it('models are saved, loaded and streamed to the same bits', () => {
    const runtime = createRuntime({ seed: 3 });
    const model = new Sequential(new LSTM(1, 4, { runtime }), new Linear(4, 1, { runtime }));
    const file = saveModel(model, { metadata: { 'Größe 😀': 'ä\u0000\u{10ffff}' } });
    const { model: loaded, metadata } = loadModel<Sequential>(file, { runtime: createRuntime() });
    expect(metadata).toEqual({ 'Größe 😀': 'ä\u0000\u{10ffff}' });
    const [stream, out] = [loaded.stream(), new Float32Array(1)];
    const whole = model.forward({ data: Float32Array.of(1, 2, 3), shape: [3, 1] }).output.data;
    expect([1, 2, 3].map((x) => stream.step(Float32Array.of(x), out)[0])).toEqual([...whole]);
    expect(softmax({ data: Float32Array.of(0, 0), shape: [2] }).data[0]).toBe(0.5);
  });

  it.each(['', 'a', 'é€😀', '\ufeffx', '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}'])(
    'text %j is UTF-8',
    (text) => {
      const bytes = encodeText(text);
      expect(bytes).toEqual(encoder.encode(text));
      expect(decodeText(bytes)).toBe(decoder.decode(bytes));
    },
  );

  it.each([
    ['a lone continuation', [0x80]],
    ['an overlong form', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['more than 10ffff', [0xf4, 0x90, 0x80, 0x80]],
    ['no byte of UTF-8', [0xff]],
  ])('%s is refused', (_, bytes) => {
    expect(() => decoder.decode(Uint8Array.from(bytes))).toThrow();
    expect(() => decodeText(Uint8Array.from(bytes))).toThrow();
    const file = writeSafetensors({ abcd: { data: new Float32Array(1), shape: [1] } });
    file.set(bytes, 8 + 2);
    expect(() => readSafetensors(file)).toThrow(/the header is not JSON/);
  });
});
