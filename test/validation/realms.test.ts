import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { batches, lanes, logMel, readWav, StandardScaler } from '../../src/data/index.js';
import { loadModel, readSafetensors, saveModel, writeSafetensors } from '../../src/files/index.js';
import { Adam, clipGradNorm, crossEntropy, Embedding, Linear, LSTM, mse } from '../../src/index.js';
import {
  arrayKind,
  bytesOf,
  isArrayBuffer,
  isFloat32,
  isMap,
  isSharedArrayBuffer,
  lengthOf,
} from '../../src/validation/arrays.js';

/* Arrays of another realm, as a `vm` context, an iframe or Jest gives them. */

const foreign = <T>(expression: string, given: object = {}): T => runInNewContext(expression, given);
const floats = (...values: number[]) => foreign<Float32Array>('Float32Array.from(values)', { values });
const ints = (kind: string, ...values: number[]) => foreign<Int32Array>(`${kind}.from(values)`, { values });
const tensor = (...shape: number[]) => ({
  data: floats(...Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, n) => n / 8)),
  shape: foreign<number[]>('[...shape]', { shape }),
});
/** The same of this realm. */
const own = ({ data, shape }: { data: Float32Array; shape: number[] }) => ({
  data: Float32Array.from(data),
  shape: [...shape],
});

describe('arrays of another realm are taken', () => {
  it('as inputs, states, gradients and weights', () => {
    const layer = new LSTM(3, 4);
    const [input, h0, c0] = [tensor(1, 2, 3), tensor(1, 1, 4), tensor(1, 1, 4)];
    const { output } = layer.forward(input, { h0, c0, record: true });
    expect(output).toEqual(layer.forward(own(input), { h0: own(h0), c0: own(c0) }).output);
    layer.backward({ output: tensor(1, 2, 4) });
    layer.loadStateDict(
      Object.fromEntries(
        Object.entries(layer.stateDict()).map(([name, { data, shape }]) => [
          name,
          { data: floats(...data), shape },
        ]),
      ),
    );
    const bias = layer.parameters.get('bias_ih_l0');
    bias?.write(floats(...new Float32Array(16)));
    expect([...(bias?.read(floats(...new Float32Array(16).fill(1))) ?? [])]).toEqual(new Array(16).fill(0));
    const stream = layer.stream();
    expect([...stream.step(floats(1, 2, 3), floats(0, 0, 0, 0))]).toEqual([
      ...layer.stream().step(new Float32Array([1, 2, 3])),
    ]);
  });

  it.each(['Int32Array', 'Uint8Array', 'Uint16Array', 'Uint32Array'])('as ids: %s', (kind) => {
    const layer = new Embedding(4, 2);
    expect(layer.forward({ data: ints(kind, 1, 3), shape: [2] }).output).toEqual(
      layer.forward({ data: Int32Array.of(1, 3), shape: [2] }).output,
    );
    expect(new LSTM(4, 2).forward({ data: ints(kind, 1, 3), shape: [1, 2] }).output.shape).toEqual([1, 2, 2]);
  });

  it('by losses, batches, lanes, scalers and optimizers', () => {
    const [output, target] = [tensor(2, 3), tensor(2, 3)];
    expect(mse(output, target).loss).toBe(0);
    expect(crossEntropy(output, ints('Uint8Array', 0, 2), { weight: floats(1, 2, 3) }).loss).toBe(
      crossEntropy(own(output), Int32Array.of(0, 2), { weight: new Float32Array([1, 2, 3]) }).loss,
    );
    expect([...batches({ input: output, target }, { batchSize: 1 })]).toHaveLength(2);
    expect([...batches({ input: output, target: ints('Int32Array', 0, 1) }, { batchSize: 2 })]).toHaveLength(
      1,
    );
    expect([...lanes(ints('Uint8Array', 0, 1, 2, 3, 4), { batch: 1, steps: 2 })]).toHaveLength(2);
    expect(new StandardScaler().fit(output).transform(output).shape).toEqual([2, 3]);
    const { parameters } = new Linear(1, 1);
    const model = {
      parameters: foreign<Map<string, never>>('new Map(entries)', { entries: [...parameters] }),
    };
    expect(() => new Adam(model as never)).not.toThrow();
    expect(clipGradNorm(model as never, 1)).toBe(0);
  });

  it('by files and sound', async () => {
    const file = saveModel(new Linear(2, 1));
    const copies = [
      foreign<Uint8Array>('Uint8Array.from(file)', { file }),
      foreign<ArrayBuffer>('Uint8Array.from(file).buffer', { file }),
    ];
    for (const bytes of copies) {
      expect(loadModel(bytes).model.parameterCount).toBe(3);
      expect(Object.keys(readSafetensors(bytes).tensors)).toHaveLength(2);
    }
    const data = foreign<BigInt64Array>('BigInt64Array.of(-1n)');
    const { w } = readSafetensors(writeSafetensors({ w: { data, shape: [1] } })).tensors;
    expect(w?.data).toEqual(BigInt64Array.of(-1n));
    const header = [
      0x46464952, 40, 0x45564157, 0x20746d66, 16, 0x10001, 8000, 16000, 0x100002, 0x61746164, 4, 1,
    ];
    expect((await readWav(foreign('Uint32Array.from(header).buffer', { header }))).mono).toHaveLength(2);
    const samples = floats(...new Float32Array(400));
    expect((await logMel({ sampleRate: 8000 })).frames(samples).shape[0]).toBeGreaterThan(0);
  });
});

describe('what arrays are', () => {
  const subclass = class extends Float32Array {
    override get length() {
      return 99;
    }
  };
  const pretender = Object.create(Float32Array.prototype, { length: { value: 3 } });

  it('is asked of the engine, not of properties', () => {
    expect(lengthOf(new subclass(3))).toBe(3);
    expect(arrayKind(new subclass(3))).toBe('Float32Array');
    expect(isFloat32(pretender)).toBe(false);
    expect(isFloat32({ [Symbol.toStringTag]: 'Float32Array' })).toBe(false);
    expect(arrayKind(new DataView(new ArrayBuffer(1)))).toBeUndefined();
    expect(bytesOf(Float32Array.of(1, 2).subarray(1))).toEqual(Uint8Array.of(0, 0, 0, 64));
  });

  it('refuses a pretender by name', () => {
    expect(() => new Linear(3, 1).forward({ data: pretender, shape: [1, 3] })).toThrow(TypeError);
    expect(() => readSafetensors(Object.create(Uint8Array.prototype))).toThrow(TypeError);
  });

  it.each([
    ['ArrayBuffer', 'new ArrayBuffer(1)', isArrayBuffer],
    ['SharedArrayBuffer', 'new SharedArrayBuffer(1)', isSharedArrayBuffer],
    ['Map', 'new Map()', isMap],
  ])('knows %s alone', (_, expression, is) => {
    expect(is(foreign(expression))).toBe(true);
    for (const other of [undefined, null, 1, 'a', {}, [], new Set(), new Uint8Array(1)])
      expect(is(other)).toBe(false);
  });
});
