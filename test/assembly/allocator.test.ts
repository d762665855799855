import { readFileSync } from 'node:fs';
import { instantiateSync } from '@assemblyscript/loader';
import { describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/index.js';
import {
  CASES,
  expectAllBits,
  expectBits,
  languageModel,
  recurrent,
  states,
  tensor,
  valueModel,
} from '../helpers/bits.js';
import { seededIntegers } from '../helpers/random.js';

/** The binary with its assertions on: a block released twice, or a heap that broke, traps. */
const debug = new WebAssembly.Module(readFileSync(new URL('../../build/wasm/debug.wasm', import.meta.url)));

const GIB = 2 ** 30;

interface Heap extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  free(pointer: number): void;
}

interface Live {
  pointer: number;
  words: number;
  stamp: number;
}

function createHeap(): Heap {
  const { memory, allocate, free } = instantiateSync<Heap>(debug).exports;
  return { memory, allocate: (bytes) => allocate(bytes) >>> 0, free };
}

/** The heap beside a model of what lives in it: each block is filled with a stamp of its own. */
class Checked {
  readonly heap = createHeap();
  readonly live: Live[] = [];
  #stamps = 0;

  take(bytes: number): void {
    const pointer = this.heap.allocate(bytes);
    expect(pointer, `${bytes} bytes`).toBeGreaterThan(0);
    expect(pointer % 16, `alignment of ${bytes} bytes`).toBe(0);
    expect(pointer + bytes).toBeLessThanOrEqual(this.heap.memory.buffer.byteLength);
    const block = { pointer, words: bytes >> 2, stamp: ++this.#stamps };
    this.#words(block).fill(block.stamp);
    this.live.push(block);
  }

  free(index: number): void {
    const [block] = this.live.splice(index, 1);
    this.check(block);
    this.heap.free(block.pointer);
  }

  /** The stamp is whole: nobody else wrote here. */
  check(block: Live): void {
    const bad = this.#words(block).findIndex((word) => word !== block.stamp);
    if (bad >= 0)
      expect.fail(`word ${bad} of the block of ${block.words} at ${block.pointer} was overwritten`);
  }

  checkAll(): void {
    const sorted = [...this.live].sort((a, b) => a.pointer - b.pointer);
    sorted.forEach((block, n) => {
      this.check(block);
      const next = sorted[n + 1];
      if (next && block.pointer + 4 * block.words > next.pointer)
        expect.fail(`blocks overlap at ${next.pointer}`);
    });
  }

  #words({ pointer, words }: Live): Uint32Array {
    return new Uint32Array(this.heap.memory.buffer, pointer, words);
  }
}

/** Mostly small, some large, and all sizes around the powers of two, where the bins change. */
function drawBytes(draw: (limit: number) => number): number {
  const kinds = [
    () => draw(64),
    () => draw(1024),
    () => draw(65536),
    () => Math.max(0, 2 ** draw(19) + draw(65) - 32),
    () => 16 * draw(40),
  ];
  return kinds[draw(kinds.length)]();
}

function checkRandom(seed: number) {
  const draw = seededIntegers(seed);
  const checked = new Checked();
  const { heap, live } = checked;
  checked.take(16);
  const first = live[0].pointer;
  for (let n = 0; n < 20_000; n++) {
    // Waves: the heap fills, and empties again.
    const filling = Math.floor(n / 400) % 2 === 0;
    if (live.length === 0 || draw(10) < (filling ? 7 : 3)) checked.take(drawBytes(draw));
    else checked.free(draw(live.length));
    if (n % 500 === 0) checked.checkAll();
  }
  checked.checkAll();
  while (live.length > 0) checked.free(draw(live.length));

  // One block again: all of the heap, but for its header and the slack at the end.
  const bytes = heap.memory.buffer.byteLength;
  const whole = heap.allocate(bytes - first - 128);
  expect(whole).toBe(first);
  expect(heap.memory.buffer.byteLength).toBe(bytes);
}

/** The same requests in the same order find the same room. */
function checkReuse() {
  const heap = createHeap();
  const draw = seededIntegers(4);
  const requests = Array.from({ length: 300 }, () => drawBytes(draw));
  const round = (order: (pointers: number[]) => number[]) => {
    const pointers = requests.map((bytes) => heap.allocate(bytes));
    for (const pointer of order(pointers)) heap.free(pointer);
    return heap.memory.buffer.byteLength;
  };
  const bytes = round((pointers) => pointers);
  for (let n = 0; n < 50; n++) {
    expect(round((pointers) => [...pointers].reverse())).toBe(bytes);
    expect(round((pointers) => pointers.map((pointer, at) => pointers[(at * 7) % 300] ?? pointer))).toBe(
      bytes,
    );
  }
}

function checkRefused() {
  const checked = new Checked();
  const { heap } = checked;
  checked.take(1000);
  const bytes = heap.memory.buffer.byteLength;
  for (const huge of [2 ** 32 - 1, 2 ** 32 - 16, 2 ** 32 - 2 ** 20, 2 ** 32 - 2 ** 19]) {
    expect(heap.allocate(huge), `${huge} bytes`).toBe(0);
    checked.take(100);
  }
  checked.checkAll();
  expect(heap.memory.buffer.byteLength, 'a refusal takes nothing').toBe(bytes);
}

/** To the end of what the engine gives: nothing there is written, so the machine need not have it. */
function checkFull() {
  const checked = new Checked();
  const { heap } = checked;
  checked.take(1000);
  const blocks: number[] = [];
  for (let pointer = heap.allocate(GIB / 4); pointer > 0; pointer = heap.allocate(GIB / 4))
    blocks.push(pointer);
  expect(blocks.length).toBeGreaterThanOrEqual(8);
  expect(blocks.every((pointer) => pointer % 16 === 0)).toBe(true);
  expect(new Set(blocks).size).toBe(blocks.length);
  expect(heap.allocate(GIB / 4)).toBe(0);
  checked.take(1000);

  heap.free(blocks.splice(2, 1)[0]);
  const again = heap.allocate(GIB / 4 - 1000);
  expect(again, 'room in between').toBeGreaterThan(0);
  heap.free(again);
  checked.checkAll();
  for (const pointer of blocks) heap.free(pointer);
  const bytes = heap.memory.buffer.byteLength;
  const most = heap.allocate((blocks.length - 1) * (GIB / 4));
  expect(most, 'neighbours became one').toBeGreaterThan(0);
  expect(heap.memory.buffer.byteLength).toBe(bytes);
  checked.checkAll();
}

/** Forward and backward of everything, from weights and inputs that are the same in both. */
function results(runtime: Runtime) {
  const all: Record<string, Float32Array> = {};
  for (const sizes of CASES) {
    const { cell, I, H, layers } = sizes;
    const layer = recurrent(sizes, runtime);
    const { h, c } = states('initial', sizes, 3);
    const options = { h0: h, ...(c && { c0: c }), record: true };
    const { output } = layer.forward(tensor('input', 3, 5, I), options);
    const gradients = layer.backward({ output: tensor('gradient', 3, 5, H) });
    const named = Object.entries({ output, ...gradients }).map(([key, value]) => [key, value.data] as const);
    const ofWeights = [...layer.parameters].map(([key, value]) => [key, value.readGrad()] as const);
    for (const [key, data] of [...named, ...ofWeights]) all[`${cell} ${I} ${H} ${layers} ${key}`] = data;
  }
  const model = valueModel(runtime);
  const { output } = model.forward(tensor('input', 3, 5, 3), { training: true });
  all['model'] = output.data;
  all['model input'] = model.backward({ output }).input?.data as Float32Array;
  for (const [key, value] of model.parameters) all[`model ${key}`] = value.readGrad();
  return all;
}

describe('the allocator [debug]', () => {
  it.each([1, 2, 3, 4])('20,000 random takes and releases, seed %i', checkRandom);
  it('finds the same room again', checkReuse);
  it('refuses what no memory holds, and goes on', checkRefused);
  it('fills what the engine gives, and gives it all back', checkFull);

  it('traps on a second free', () => {
    const heap = createHeap();
    const pointer = heap.allocate(100);
    heap.free(pointer);
    expect(() => heap.free(pointer)).toThrow(WebAssembly.RuntimeError);
  });
});

describe('the core with its assertions [debug]', () => {
  const runtime = createRuntime({ module: debug });

  it('gives the bits of the released binary', () => {
    expectAllBits('debug', results(runtime), results(createRuntime()));
  });

  it('streams, and lets go of everything', () => {
    const model = languageModel(runtime);
    const stream = model.stream();
    const first = stream.step(new Uint8Array([3]));
    stream.reset();
    expectBits('again', stream.step(new Uint8Array([3])), first);
    stream.dispose();
    model.dispose();
  });
});
