import { describe, expect, it, vi } from 'vitest';
import {
  Adam,
  createRuntime,
  Dropout,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Runtime,
  Sequential,
  scope,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { expectNoGrowth } from '../helpers/memory.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/* Memory that is freed without a call of dispose: by scopes, `using`, and the collector. */

const GONE = /was disposed of and can no longer be used$/;
const x = tensor('x', 2, 3);

function works(layer: Layer): boolean {
  return layer.forward(x).output.data.every(Number.isFinite);
}

function expectGone(layer: Layer): void {
  expectRefusal(() => layer.forward(x), Error, GONE);
}

/** A loop that never yields to the event loop: nothing is collected, so all must be freed by the scope. */
function checkLoop(runtime: Runtime) {
  expectNoGrowth(runtime, 500, () => {
    const loss = scope(() => {
      const model = new Sequential(new LSTM(3, 200, { runtime }), new Linear(200, 3, { runtime }));
      const optimizer = new Adam(model);
      const stream = model.stream();
      stream.step(new Float32Array(3));
      const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer });
      return trainer.trainStep({ input: x, target: x }).loss;
    });
    expect(loss).toBeGreaterThan(0);
  });
}

class Own implements Layer {
  readonly #inner: Linear;
  readonly runtime: Runtime;
  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.#inner = new Linear(3, 3, { runtime });
  }
  get parameters() {
    return this.#inner.parameters;
  }
  parameterCount = 12;
  forward = (input: Tensor) => this.#inner.forward(input);
  backward = (gradient: { output: Tensor }) => this.#inner.backward(gradient);
  zeroGrad = () => this.#inner.zeroGrad();
  stateDict = () => this.#inner.stateDict();
  loadStateDict = () => {};
  dispose = () => this.#inner.dispose();
}

/** What is kept: the result, and all that it works with. */
const RESULTS: Record<string, (runtime: Runtime) => [result: unknown, layer: Layer]> = {
  'a layer': (runtime) => twice(new Linear(3, 3, { runtime })),
  'a Sequential': (runtime) =>
    twice(new Sequential(new Linear(3, 3, { runtime }), new Dropout(0.5, { runtime }))),
  'a layer of the user': (runtime) => twice(new Own(runtime)),
  'an array': (runtime) => inside(runtime, (layer) => [1, null, 'a', [layer]]),
  'an object': (runtime) => inside(runtime, (layer) => ({ x, deep: { layer } })),
  'a Map': (runtime) => inside(runtime, (layer) => new Map([['a', new Set([layer])]])),
  'a circle': (runtime) =>
    inside(runtime, (layer) => {
      const circle: Record<string, unknown> = { layer };
      circle['self'] = circle;
      return circle;
    }),
  'a stream': (runtime) => {
    const layer = new LSTM(3, 3, { runtime });
    return [layer.stream(), layer];
  },
  'a parameter': (runtime) => inside(runtime, (layer) => layer.parameters.get('weight')),
  'an optimizer': (runtime) => inside(runtime, (layer) => new Adam(layer)),
  'a Trainer': (runtime) =>
    inside(runtime, (layer) => new Trainer<Tensor>(layer, { loss: mse, optimizer: new Adam(layer) })),
};

function twice(layer: Layer): [unknown, Layer] {
  return [layer, layer];
}

function inside(runtime: Runtime, use: (layer: Layer) => unknown): [unknown, Layer] {
  const layer = new Linear(3, 3, { runtime });
  return [use(layer), layer];
}

function checkKept(runtime: Runtime, make: (runtime: Runtime) => [unknown, Layer]) {
  let layer: Layer | undefined;
  let other: Layer | undefined;
  const result = scope(() => {
    other = new Linear(3, 3, { runtime });
    const [result, own] = make(runtime);
    layer = own;
    return result;
  });
  expect(result).toBeDefined();
  expect(works(layer as Layer)).toBe(true);
  expectGone(other as Layer);
}

function checkNested(runtime: Runtime) {
  const outside = new Linear(3, 3, { runtime });
  const all: Layer[] = [];
  const kept = scope(() => {
    const [inner, handed] = scope(() => {
      all.push(new Linear(3, 3, { runtime }), new Sequential(outside));
      return [new Linear(3, 3, { runtime }), new Linear(3, 3, { runtime })];
    });
    expect(works(inner as Layer)).toBe(true);
    all.push(handed as Layer);
    return inner;
  });
  expect(works(kept as Layer)).toBe(true);
  for (const layer of all) expectGone(layer);
  expect(works(outside), 'made before').toBe(true);
}

function checkThrown(runtime: Runtime) {
  const made: Layer[] = [];
  const error = new Error('mine');
  const act = () =>
    scope(() => {
      made.push(new Linear(3, 3, { runtime }));
      throw error;
    });
  expect(act).toThrow(error);
  expectGone(made[0] as Layer);
  expect(works(new Linear(3, 3, { runtime })), 'not in a scope any more').toBe(true);
}

async function checkPromise(runtime: Runtime) {
  const made: Layer[] = [];
  const act = () =>
    scope(async () => {
      made.push(new Linear(3, 3, { runtime }));
      await null;
      (made[0] as Layer).forward(x);
    });
  expectRefusal(act, TypeError, /^scope expected a synchronous function.*`using`/);
  expectGone(made[0] as Layer);
  await new Promise((resolve) => setTimeout(resolve));
}

/** What `using layer = …` compiles to. */
function checkUsing(runtime: Runtime) {
  const layer = new LSTM(3, 3, { runtime });
  const disposables: Disposable[] = [layer.stream(), new Adam(layer), layer];
  for (const one of disposables) one[Symbol.dispose]();
  expectGone(layer);
}

/**
 * Models of 16 MiB dropped one after the other, with a turn of the event loop between them but nothing that makes the
 * collector run by itself, where 128 MiB are left.
 */
async function checkDropped(runtime: Runtime) {
  runtime.allocate(2 ** 32 - 2 ** 27 - runtime.memoryBytes);
  const kept = new Linear(100, 100, { runtime });
  for (let n = 0; n < 40; n++) {
    new Linear(2048, 2048, { runtime });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(kept.parameters.get('weight')?.read().every(Number.isFinite)).toBe(true);
  const all: Linear[] = [];
  const fill = () => {
    for (;;) all.push(new Linear(2048, 2048, { runtime }));
  };
  expectRefusal(fill, RangeError, /^out of memory: \d+ bytes .*dispose\(\), `using` or scope\(\)$/);
  all.pop()?.dispose();
  new Linear(2048, 2047, { runtime }).dispose();
}

function checkWarning(runtime: Runtime) {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  runtime.free(runtime.allocate(2 ** 30));
  for (let n = 0; n < 200; n++) new Linear(512, 512, { runtime }).dispose();
  expect(warn).not.toHaveBeenCalled();
  const layers = Array.from({ length: 200 }, () => new Linear(512, 512, { runtime }));
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^lstm-wasm: \d+ objects hold over 1 GiB.*dispose\(\), `using` or scope\(\)$/)],
  ]);
  for (const layer of layers) layer.dispose();
  warn.mockRestore();
}

function suite({ name, create }: Variant) {
  describe(`memory freed without dispose [${name}]`, () => {
    it('500 scopes in a synchronous loop', () => checkLoop(create()));
    describe('a scope keeps', () => {
      it.each(Object.entries(RESULTS))('%s', (_, make) => checkKept(create(), make));
    });
    it('scopes in scopes', () => checkNested(create()));
    it('a scope whose function throws', () => checkThrown(create()));
    it('a scope with a promise', () => checkPromise(create()));
    it('using', () => checkUsing(create()));
  });
}

variants.forEach(suite);

describe('memory that nobody gave back', () => {
  it('is found before an allocation is refused', () => checkDropped(createRuntime()));
  it('is warned of once', () => checkWarning(createRuntime()));
});
