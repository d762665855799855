import { describe, expect, it } from 'vitest';
import {
  Activation,
  Adam,
  type BackwardOptions,
  crossEntropy,
  Embedding,
  type ForwardOptions,
  type Integers,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Parameter,
  RNN,
  type Runtime,
  Sequential,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { expectAllBits, expectBits, IDS, ids, tensor } from '../helpers/bits.js';
import { expectRefusal } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/** y = x + f(x): a layer as a user would write it, around one of the package's. */
class Residual implements Layer {
  readonly inner: Layer;

  constructor(inner: Layer) {
    this.inner = inner;
  }

  get runtime() {
    return this.inner.runtime;
  }

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.inner.parameters;
  }

  get parameterCount() {
    return this.inner.parameterCount;
  }

  forward(input: Tensor | Integers, options?: ForwardOptions) {
    return { output: sum(input as Tensor, this.inner.forward(input, options).output) };
  }

  backward({ output }: { output: Tensor }, options?: BackwardOptions) {
    const { input } = this.inner.backward({ output }, options);
    return input ? { input: sum(output, input) } : {};
  }

  zeroGrad() {
    this.inner.zeroGrad();
  }

  stateDict() {
    return this.inner.stateDict();
  }

  loadStateDict(dict: Record<string, Tensor>) {
    this.inner.loadStateDict(dict);
  }

  dispose() {
    this.inner.dispose();
  }
}

function sum(a: Tensor, b: Tensor): Tensor {
  return { data: a.data.map((value, n) => value + b.data[n]), shape: a.shape };
}

/** A whole model of the user's own: two layers that share an input. */
class Branches extends Residual {
  readonly #other: Layer;

  constructor(inner: Layer, other: Layer) {
    super(inner);
    this.#other = other;
  }

  override get parameters() {
    const named = (prefix: string, layer: Layer) =>
      [...layer.parameters].map(([name, parameter]) => [prefix + name, parameter] as const);
    return new Map([...named('left.', this.inner), ...named('right.', this.#other)]);
  }

  override forward(input: Tensor | Integers, options?: ForwardOptions) {
    return {
      output: sum(this.inner.forward(input, options).output, this.#other.forward(input, options).output),
    };
  }

  override backward(gradient: { output: Tensor }, options?: BackwardOptions) {
    const [a, b] = [this.inner, this.#other].map((layer) => layer.backward(gradient, options).input);
    return a && b ? { input: sum(a, b) } : {};
  }

  override zeroGrad() {
    super.zeroGrad();
    this.#other.zeroGrad();
  }
}

const STACKS: Record<string, (runtime: Runtime) => [Layer, number]> = {
  'a residual LSTM in the middle': (runtime) => [
    new Sequential(
      new Linear(3, 5, { runtime }),
      new Residual(new LSTM(5, 5, { numLayers: 2, runtime })),
      new RNN(5, 4, { runtime }),
    ),
    3,
  ],
  'a residual LSTM first': (runtime) => [
    new Sequential(new Residual(new LSTM(3, 3, { runtime })), new Linear(3, 4, { runtime })),
    3,
  ],
  'a residual LSTM last': (runtime) => [
    new Sequential(new LSTM(3, 4, { runtime }), new Residual(new LSTM(4, 4, { runtime }))),
    3,
  ],
  'a residual Sequential in a Sequential': (runtime) => [
    new Sequential(
      new Residual(new Sequential(new LSTM(3, 6, { runtime }), new Linear(6, 3, { runtime }))),
      new Activation('tanh', { runtime }),
    ),
    3,
  ],
  'time first': (runtime) => [
    new Sequential(
      new LSTM(3, 5, { timeMajor: true, runtime }),
      new Residual(new LSTM(5, 5, { timeMajor: true, runtime })),
      new Linear(5, 2, { runtime }),
    ),
    3,
  ],
  'a model of the user': (runtime) => [
    new Branches(new LSTM(3, 4, { runtime }), new Residual(new Linear(3, 4, { runtime })).inner),
    3,
  ],
};

/** Σ output · weights, in double precision. */
function lossOf(model: Layer, input: Tensor, weights: Tensor): number {
  return model.forward(input).output.data.reduce((sum, value, n) => sum + value * weights.data[n], 0);
}

/** Differences of float32 forwards: with this step rounding and truncation are both near 1e-4. */
const STEP = 1 / 64;

function expectGradient(
  name: string,
  gradient: Float32Array,
  loss: (values: Float32Array) => number,
  at: Float32Array,
) {
  const max = gradient.reduce((most, d) => Math.max(most, Math.abs(d)), 0);
  // A prime stride goes through rows and columns alike.
  for (let n = 0; n < at.length; n += at.length > 60 ? 7 : 1) {
    const [above, below] = [STEP, -STEP].map((step) =>
      loss(at.map((value, k) => (k === n ? value + step : value))),
    );
    expect(Math.abs(gradient[n] - (above - below) / (2 * STEP)), `${name}[${n}]`).toBeLessThan(
      2e-3 * max + 1e-4,
    );
  }
}

function checkGradients([model, inputSize]: [Layer, number]) {
  const input = tensor('input', 2, 3, inputSize);
  const { output } = model.forward(input, { record: true });
  const weights = tensor('weights', ...output.shape);
  const gradient = model.backward({ output: weights });
  expectGradient(
    'input',
    gradient.input?.data ?? expect.fail('no gradient of the input'),
    (data) => lossOf(model, { data, shape: input.shape }, weights),
    input.data,
  );
  for (const [name, parameter] of model.parameters) {
    const values = parameter.read();
    const loss = (changed: Float32Array) => {
      parameter.write(changed);
      return lossOf(model, input, weights);
    };
    expectGradient(name, parameter.readGrad(), loss, values);
    parameter.write(values);
  }
}

/** In a Sequential the same bits as layer after layer by hand; time first, as the core has it, so that sums have one order. */
function checkByHand(runtime: Runtime) {
  const layers = [
    new Linear(3, 5, { runtime }),
    new Residual(new LSTM(5, 5, { timeMajor: true, runtime })),
    new RNN(5, 4, { timeMajor: true, runtime }),
  ];
  const model = new Sequential(...layers);
  const input = tensor('input', 4, 7, 3);
  const gradient = tensor('gradient', 4, 7, 4);
  const { output } = model.forward(input, { training: true });
  const { input: dInput } = model.backward({ output: gradient });
  const gradients = [...model.parameters.values()].map((parameter) => parameter.readGrad());
  model.zeroGrad();
  let [x, dx] = [input, gradient];
  for (const layer of layers) x = layer.forward(x, { training: true }).output;
  for (const layer of [...layers].reverse()) dx = layer.backward({ output: dx }).input as Tensor;
  expectBits('output', output, x);
  expectBits('input', dInput, dx);
  [...model.parameters].forEach(([name, parameter], n) =>
    expectBits(name, parameter.readGrad(), gradients[n]),
  );
}

/** What a layer gives is not trusted: the next one would read beyond it. */
function checkWrongShapes(runtime: Runtime) {
  const residual = new Residual(new LSTM(5, 5, { runtime }));
  const model = new Sequential(new Linear(3, 5, { runtime }), residual, new Linear(5, 4, { runtime }));
  const input = tensor('input', 2, 3, 3);
  const { output: expected } = model.forward(input);
  const [forward, backward] = [residual.forward, residual.backward];
  const wrong: [unknown, new () => Error][] = [
    [{ data: new Float32Array(29), shape: [2, 3, 5] }, RangeError],
    [{ data: new Float32Array(24), shape: [2, 3, 4] }, RangeError],
    [{ data: new Float64Array(30), shape: [2, 3, 5] }, TypeError],
    [new Float32Array(30), TypeError],
    [undefined, TypeError],
  ];
  for (const [given, error] of wrong) {
    residual.forward = () => ({ output: given as Tensor });
    expectRefusal(() => model.forward(input), error, /output|input/);
    residual.forward = forward;
    if (given === undefined) continue;
    model.forward(input, { record: true });
    residual.backward = () => ({ input: given as Tensor });
    expectRefusal(() => model.backward({ output: tensor('d', 2, 3, 4) }), error, /input/);
    residual.backward = backward;
    model.zeroGrad();
  }
  expectBits('afterwards', model.forward(input).output, expected);
}

async function checkTrainer(model: Layer, loss: typeof mse | typeof crossEntropy, input: Integers | Tensor) {
  const steps: number[] = [];
  const target = loss === mse ? tensor('target', ...model.forward(input).output.shape) : input;
  const trainer = new Trainer(model, { loss: loss as typeof mse, optimizer: new Adam(model, { lr: 0.02 }) });
  const batch = { input, target: target as Tensor };
  for await (const { loss } of trainer.run(Array(60).fill(batch))) steps.push(loss);
  expect(steps[59]).toBeLessThan(steps[0] / 2);
  expect(() => model.backward({ output: model.forward(input).output })).toThrow(/record/);
}

/** What a layer of the user's own carries is out of the trainer's reach: that is said, not skipped. */
function checkReset(runtime: Runtime) {
  const inner = new LSTM(3, 3, { stateful: true, runtime });
  const input = tensor('input', 2, 3, 3);
  for (const model of [new Residual(inner), new Sequential(new Residual(inner))]) {
    const trainer = new Trainer<Tensor>(model, { loss: mse, optimizer: new Adam(model) });
    const before = model.stateDict();
    const step = () => trainer.trainStep({ input, target: input, reset: true });
    expectRefusal(step, TypeError, /^reset expected a model of this package's layers/);
    expect(trainer.step).toBe(0);
    expectAllBits('weights', model.stateDict(), before);
    expect(trainer.trainStep({ input, target: input, reset: false }).step).toBe(1);
  }
}

function checkDict(runtime: Runtime) {
  const make = () => STACKS['a residual LSTM in the middle'](runtime)[0];
  const [model, other] = [make(), make()];
  expect(model.parameterCount).toBe(3 * 5 + 5 + 2 * (5 * 20 * 2 + 40) + 4 * (5 + 4 + 2));
  other.loadStateDict(model.stateDict());
  expectAllBits('parameters', other.stateDict(), model.stateDict());
  model.dispose();
  expect(() => model.forward(tensor('input', 2, 3, 3))).toThrow(/disposed/);
}

function suite({ name, create }: Variant) {
  describe(`layers of the user's own [${name}]`, () => {
    const stacks = Object.entries(STACKS);
    it.each(stacks)('gradients of %s', (_, make) => checkGradients(make(create())));
    it.each(stacks)('training of %s', (_, make) =>
      checkTrainer(make(create())[0], mse, tensor('input', 2, 3, 3)),
    );
    it('training behind an embedding', () => {
      const runtime = create();
      const residual = new Residual(new LSTM(6, 6, { runtime }));
      const layers = [new Embedding(IDS, 6, { runtime }), residual, new Linear(6, IDS, { runtime })];
      return checkTrainer(new Sequential(...layers), crossEntropy, ids('ids', 2, 5));
    });
    it('the same as by hand', () => checkByHand(create()));
    it('that give another shape', () => checkWrongShapes(create()));
    it('that a trainer cannot reset', () => checkReset(create()));
    it('parameters, state dict and dispose', () => checkDict(create()));
  });
}

variants.forEach(suite);
