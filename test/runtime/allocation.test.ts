import { describe, expect, it, vi } from 'vitest';
import { Embedding, Linear, LSTM, RNN, type Runtime, type Tensor } from '../../src/index.js';
import { expectAllBits, tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

const GIB = 2 ** 30;
const NOTHING = 'nothing was thrown';

/** Takes memory that nobody writes to: the engine promises it, the machine need not have it. */
function reserve(runtime: Runtime, bytes: number): number {
  return runtime.core.allocate(bytes) >>> 0;
}

/** Takes all there is, down to the last block; gives what it took, the smallest last. */
function reserveAll(runtime: Runtime): number[] {
  const blocks: number[] = [];
  for (let bytes = GIB; bytes >= 16; bytes /= 2) {
    for (let block = reserve(runtime, bytes); block > 0; block = reserve(runtime, bytes)) blocks.push(block);
  }
  return blocks;
}

/** One forward and backward of a layer, and what they leave in its parameters. */
function results(layer: LSTM | Linear, steps = 6) {
  layer.zeroGrad();
  const { output } = layer.forward(tensor('input', 2, steps, 5), { record: true });
  const { input } = layer.backward({ output });
  const gradients = [...layer.parameters].map(([name, parameter]) => [name, parameter.readGrad()]);
  return { output, input, ...Object.fromEntries(gradients) };
}

/** Each is more than 4 GiB, in whatever it needs. */
const huge: [string, (runtime: Runtime) => unknown][] = [
  ['an LSTM of 100,000 units', (runtime) => new LSTM(100_000, 100_000, { runtime })],
  ['an LSTM of 32,768 units', (runtime) => new LSTM(1, 32_768, { runtime })],
  ['an LSTM of 2^30 units', (runtime) => new LSTM(2 ** 30, 2 ** 30, { runtime })],
  ['an RNN of 2^16 units', (runtime) => new RNN(1, 2 ** 16, { runtime })],
  ['a Linear of exactly 4 GiB', (runtime) => new Linear(2 ** 15, 2 ** 15, { runtime })],
  ['a Linear of 2^32 + 4 bytes', (runtime) => new Linear(1_073_741_825 / 5, 5, { runtime })],
  ['a Linear of 2^62 bytes', (runtime) => new Linear(2 ** 30, 2 ** 30, { runtime })],
  ['an Embedding of 2^30 rows', (runtime) => new Embedding(2 ** 30, 4, { runtime })],
  ['a batch of 2^30', (runtime) => new LSTM(4, 4, { runtime }).stream({ batch: 2 ** 30 })],
  [
    'an output of 4 GiB',
    (runtime) => new Linear(1, 2 ** 16, { runtime }).forward(tensor('input', 2 ** 14, 1)),
  ],
  [
    'an embedding of 4 GiB',
    (runtime) => new Embedding(2, 2 ** 16, { runtime }).forward(new Uint8Array(2 ** 14)),
  ],
];

function checkHuge(act: (runtime: Runtime) => unknown, runtime: Runtime, layer: LSTM) {
  const before = results(layer);
  const refuse = () => {
    const thrown = thrownBy(() => act(runtime));
    expect(thrown.constructor, String(thrown)).toBe(RangeError);
    expect(thrown.message).toMatch(/^out of memory: \d+ bytes are needed at once/);
  };
  refuse();
  const memory = runtime.memoryBytes;
  expect(memory).toBeLessThan(GIB / 16);
  for (let n = 0; n < 5; n++) refuse();
  expect(runtime.memoryBytes - memory, 'what refusals leave behind').toBeLessThan(2 ** 23);
  expectAllBits('afterwards', results(layer), before);
}

function thrownBy(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  return new Error(NOTHING);
}

/** Sizes are computed before anything is allocated, however many small parts they have. */
function checkManyLayers(runtime: Runtime) {
  const allocate = vi.spyOn(runtime, 'allocate').mockImplementation((bytes) => {
    if (allocate.mock.calls.length > 10) throw new Error(`taken one by one: ${bytes} bytes`);
    return runtime.core.allocate(bytes) >>> 0;
  });
  try {
    const thrown = thrownBy(() => new LSTM(1, 1, { numLayers: 2 ** 30, runtime }));
    expect(thrown.constructor, String(thrown)).toBe(RangeError);
  } finally {
    allocate.mockRestore();
  }
}

/** Everything above 2 GiB, where a pointer is negative as a 32-bit integer. */
function checkAbove(runtime: Runtime, expected: Runtime) {
  expect(reserve(runtime, 2.2 * GIB)).toBeGreaterThan(0);
  const results = [runtime, expected].map((one) => {
    const layer = new LSTM(5, 17, { numLayers: 2, seed: 3, runtime: one });
    expect((layer.parameters.get('weight_ih_l0')?.pointer as number) > 2 * GIB).toBe(one === runtime);
    const read = new Embedding(9, 7, { seed: 4, runtime: one }).forward(new Int32Array([8, 0]));
    const { output, hN, cN } = layer.forward(tensor('input', 3, 4, 5), { record: true });
    const { input, h0, c0 } = layer.backward({ output, hN, cN });
    const stream = layer.stream({ batch: 3 });
    stream.step(tensor('input', 3, 5).data);
    const { h, c } = stream.state;
    const gradients = [...layer.parameters].map(([name, parameter]) => [name, parameter.readGrad()]);
    const weights = [...layer.parameters].map(([name, parameter]) => [`${name} itself`, parameter.read()]);
    const forward = { output, hN, cN, embedded: read.output, h, c };
    return { ...forward, input, h0, c0, ...Object.fromEntries([...gradients, ...weights]) };
  });
  expectAllBits('above 2 GiB', results[0], results[1]);
}

/** With no byte left: refused, and once there is room again, as before. */
function checkFull(runtime: Runtime) {
  const layer = new LSTM(5, 9, { runtime });
  const before = results(layer);
  const blocks = reserveAll(runtime);
  expect(blocks.length).toBeGreaterThan(0);
  const memory = runtime.memoryBytes;
  for (const act of [
    () => layer.forward(tensor('input', 2, 100, 5)),
    () => layer.forward(tensor('input', 2, 100, 5), { record: true }),
    () => layer.stream({ batch: 100 }),
    () => new Linear(5, 5, { runtime }),
    () => new LSTM(64, 64, { runtime }),
  ]) {
    expect(thrownBy(act).constructor).toBe(RangeError);
  }
  expectAllBits('what it has room for', results(layer), before);
  for (const block of blocks) runtime.core.free(block);
  expectAllBits('with room again', results(layer), before);
  results(layer, 100);
  expect(runtime.memoryBytes, 'what was given back is used').toBe(memory);
}

/** `pieces` free blocks of `bytes` each, no two of them neighbours, and nothing else free; gives how to end that. */
function leaveRoom(runtime: Runtime, pieces: number, bytes: number): () => void {
  const room: number[] = [];
  const taken: number[] = [];
  for (let n = 0; n < pieces; n++) {
    room.push(reserve(runtime, bytes));
    taken.push(reserve(runtime, 16));
  }
  taken.push(...reserveAll(runtime));
  for (const block of room) runtime.core.free(block);
  return () => {
    for (const block of taken) runtime.core.free(block);
  };
}

/** A backward that finds too little room changes no gradient, and can be asked again: all or nothing. */
function checkBackward(runtime: Runtime, pieces: number, bytes: number) {
  const make = () => new LSTM(5, 9, { numLayers: 2, seed: 3, runtime });
  const before = results(make(), 50);
  const layer = make();
  const gradients = () =>
    [...layer.parameters].map(([name, parameter]) => [name, parameter.readGrad()] as const);
  const { output } = layer.forward(tensor('input', 2, 50, 5), { record: true });
  const finish = leaveRoom(runtime, pieces, bytes);
  const attempt: { input?: Tensor; error?: Error } = {};
  try {
    Object.assign(attempt, layer.backward({ output }));
  } catch (error) {
    attempt.error = error as Error;
  }
  finish();
  const { error } = attempt;
  if (error) {
    expect(error.constructor, String(error)).toBe(RangeError);
    for (const [name, data] of gradients()) {
      expect(
        data.every((value) => value === 0),
        `gradient of ${name} is untouched`,
      ).toBe(true);
    }
  }
  const input = error ? layer.backward({ output }).input : attempt.input;
  expectAllBits('in the end', { output, input, ...Object.fromEntries(gradients()) }, before);
  layer.dispose();
}

/** The same of a forward, which has nothing to undo but what it took. */
function checkForward(runtime: Runtime, pieces: number, bytes: number) {
  const layer = new LSTM(5, 9, { numLayers: 2, seed: 3, runtime });
  const before = results(layer);
  const finish = leaveRoom(runtime, pieces, bytes);
  const input = tensor('input', 2, 50, 5);
  const error = thrownBy(() => layer.forward(input));
  if (error.message !== NOTHING) expect(error.constructor, String(error)).toBe(RangeError);
  expectAllBits('in little room', results(layer), before);
  finish();
  expectAllBits('in the end', results(layer), before);
  layer.dispose();
}

const ROOMS = [
  { pieces: 1, bytes: 4096 },
  { pieces: 1, bytes: 16384 },
  { pieces: 1, bytes: 32768 },
  { pieces: 1, bytes: 49152 },
  { pieces: 1, bytes: 65536 },
  { pieces: 1, bytes: 131072 },
  { pieces: 4, bytes: 32768 },
  { pieces: 20, bytes: 4096 },
  { pieces: 20, bytes: 30000 },
  { pieces: 200, bytes: 1024 },
];

function suite({ name, create }: Variant) {
  describe(`more than there is [${name}]`, () => {
    const runtime = create();
    const layer = new LSTM(5, 9, { runtime });
    it.each(huge)('%s', (_, act) => checkHuge(act, runtime, layer));
    it('2^30 layers', () => checkManyLayers(runtime));
  });

  describe(`to the end of the memory [${name}]`, () => {
    it('layers above 2 GiB', () => checkAbove(create(), create()));
    it('no byte left', () => checkFull(create()));
  });

  describe(`in little room [${name}]`, () => {
    const runtime = create();
    describe.each(ROOMS)('$pieces times $bytes bytes', ({ pieces, bytes }) => {
      it('forward', () => checkForward(runtime, pieces, bytes));
      it('backward', () => checkBackward(runtime, pieces, bytes));
    });
  });
}

variants.forEach(suite);
