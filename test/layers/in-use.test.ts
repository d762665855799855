import { describe, expect, it } from 'vitest';
import {
  Activation,
  Adam,
  type BackwardOptions,
  Dropout,
  Embedding,
  type ForwardOptions,
  type Integers,
  type Layer,
  Linear,
  LSTM,
  mse,
  type Runtime,
  Sequential,
  SGD,
  type Stream,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { gradientFlow } from '../../src/inspect/index.js';
import { expectAllBits, expectBits, tensor } from '../helpers/bits.js';
import { expectRefusal, thrownBy } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/* A model in use refuses what would change it, and nothing reads memory that was given back. */

const GONE = /^this \w+ was disposed of and can no longer be used$/;
const BUSY = /^The model is busy: a (forward|backward) pass is running$/;

/** Layers that take memory which was given back, to see whether somebody still writes there. */
function witnesses(runtime: Runtime): () => void {
  const layers = [3, 5, 8].map((size) => new LSTM(size, 5, { runtime }));
  const before = layers.map((layer) => layer.stateDict());
  return () => {
    for (const [n, layer] of layers.entries())
      expectAllBits(`witness ${n}`, layer.stateDict(), before[n] as Record<string, Tensor>);
  };
}

const STREAMED: Record<string, (runtime: Runtime) => [model: Sequential, gone: Layer]> = {
  'an LSTM': (runtime) => withGone(new LSTM(3, 4, { numLayers: 2, learnInitial: true, runtime }), 3, runtime),
  'a Linear': (runtime) => withGone(new Linear(3, 4, { runtime }), 3, runtime),
  'an Activation': (runtime) => withGone(new Activation('tanh', { runtime }), 4, runtime),
  'a Dropout': (runtime) => withGone(new Dropout(0.5, { runtime }), 4, runtime),
  'a layer in a Sequential in it': (runtime) => {
    const gone = new Linear(3, 4, { runtime });
    return [new Sequential(new Sequential(gone), new LSTM(4, 4, { runtime })), gone];
  },
  'a Sequential in it': (runtime) => {
    const gone = new Sequential(new Linear(3, 4, { runtime }));
    return [new Sequential(gone, new LSTM(4, 4, { runtime })), gone];
  },
};

function withGone(gone: Layer, inputs: 3 | 4, runtime: Runtime): [Sequential, Layer] {
  const first = inputs === 4 ? [new Linear(3, 4, { runtime })] : [];
  return [new Sequential(...first, gone, new LSTM(4, 4, { runtime })), gone];
}

function checkStream(runtime: Runtime, make: (runtime: Runtime) => [Sequential, Layer]) {
  const [model, gone] = make(runtime);
  const stream = model.stream({ batch: 2 });
  stream.step(new Float32Array(6));
  const { state } = stream;
  gone.dispose();
  const unchanged = witnesses(runtime);
  const uses: ((stream: Stream) => unknown)[] = [
    () => model.stream(),
    (stream) => stream.step(new Float32Array(6)),
    (stream) => stream.reset(),
    (stream) => stream.reset([1]),
    (stream) => stream.setState(state),
    (stream) => stream.state,
  ];
  for (const use of uses) expectRefusal(() => use(stream), Error, GONE);
  stream.dispose();
  unchanged();
}

/** Getters run in the middle of what reads them. */
function checkStreamGetters(runtime: Runtime) {
  const layer = new LSTM(3, 5, { learnInitial: true, runtime });
  const disposing = (value: Tensor, owner: { dispose(): void }) => ({
    get data() {
      owner.dispose();
      return value.data;
    },
    shape: value.shape,
  });
  const stream = layer.stream();
  const { h, c } = stream.state as { h: Tensor; c: Tensor };
  expectRefusal(() => stream.setState({ h, c: disposing(c, stream) }), Error, GONE);
  const other = layer.stream();
  expectRefusal(() => other.setState({ h: disposing(h, layer), c }), Error, GONE);
  expectRefusal(() => other.reset(), Error, GONE);
}

/** y = x, and whatever else in forward or backward. */
class Meddling implements Layer {
  readonly parameters = new Map();
  readonly parameterCount = 0;
  readonly runtime: Runtime;
  inForward: (() => unknown) | undefined;
  inBackward: (() => unknown) | undefined;

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  forward(input: Tensor | Integers, _?: ForwardOptions) {
    this.inForward?.();
    return { output: input as Tensor };
  }

  backward({ output }: { output: Tensor }, _?: BackwardOptions) {
    this.inBackward?.();
    return { input: output };
  }

  zeroGrad() {}
  stateDict() {
    return {};
  }
  loadStateDict() {}
  dispose() {}
}

function meddled(runtime: Runtime) {
  const own = new Meddling(runtime);
  const [first, second] = [new LSTM(3, 4, { seed: 1, runtime }), new Linear(4, 3, { seed: 2, runtime })];
  const model = new Sequential(first, own, second);
  return { own, first, second, model };
}

type Subject = ReturnType<typeof meddled>;

const input = tensor('input', 2, 5, 3);

const CHANGES: Record<string, (s: Subject) => unknown> = {
  'zeroGrad of the model': ({ model }) => model.zeroGrad(),
  'zeroGrad of a layer in it': ({ first }) => first.zeroGrad(),
  'a recorded forward of the model': ({ model }) => model.forward(input, { record: true }),
  'backward of the model': ({ model }) => model.backward({ output: input }),
  loadStateDict: ({ model }) => model.loadStateDict(model.stateDict()),
  'write of a parameter': ({ second }) => second.parameters.get('bias')?.write(new Float32Array(3)),
  'writeGrad of a parameter': ({ second }) => second.parameters.get('bias')?.writeGrad(new Float32Array(3)),
  resetState: ({ first }) => first.resetState(),
  'an optimizer step': ({ model }) => new SGD(model, { lr: 1 }).step(),
  trainStep: ({ model }) =>
    new Trainer<Tensor>(model, { loss: mse, optimizer: new SGD(model, { lr: 1 }) }).trainStep({
      input,
      target: input,
    }),
};

/** Throws with a message, and the result of the surrounding pass is the same as without it. */
function checkMeddling(runtime: Runtime, change: (s: Subject) => unknown) {
  for (const place of ['inForward', 'inBackward'] as const) {
    const [subject, other] = [meddled(runtime), meddled(runtime)];
    for (const { model } of [subject, other]) {
      model.backward({ output: model.forward(input, { record: true }).output });
      model.zeroGrad();
    }
    let message = '';
    subject.own[place] = () => {
      message = thrownBy(() => change(subject)).message;
    };
    const [output, expected] = [subject, other].map(
      ({ model }) => model.forward(input, { record: true }).output,
    );
    expectBits('output', output, expected);
    const [d, e] = [subject, other].map(({ model }) => model.backward({ output: expected as Tensor }).input);
    expect(message, place).toMatch(BUSY);
    expectBits('input', d, e);
    for (const [name, parameter] of subject.model.parameters)
      expectBits(name, parameter.readGrad(), other.model.parameters.get(name)?.readGrad());
    expectAllBits('weights', subject.model.stateDict(), other.model.stateDict());
    subject.own[place] = undefined;
    change(subject.model.forward(input, { record: true }) && subject); // Not busy any more.
  }
}

/** The memory stays until the pass is over, then it is gone. */
function checkDispose(runtime: Runtime, dispose: (s: Subject) => void) {
  for (const place of ['inForward', 'inBackward'] as const) {
    for (const record of [false, true]) {
      if (!record && place === 'inBackward') continue;
      const subject = meddled(runtime);
      const { own, model } = subject;
      let unchanged = () => {};
      own[place] = () => {
        dispose(subject);
        unchanged = witnesses(runtime);
      };
      const run = () => {
        const { output } = model.forward(input, { record });
        if (record) model.backward({ output });
      };
      try {
        run();
      } catch (error) {
        expect((error as Error).message).toMatch(GONE);
      }
      own[place] = undefined;
      unchanged();
      witnesses(runtime)();
      expectRefusal(() => model.forward(input), Error, GONE);
      unchanged();
    }
  }
}

/** Getters of the input, of options and of gradients. */
function checkGetters(runtime: Runtime) {
  const make = () => new LSTM(3, 4, { numLayers: 2, runtime });
  const disposing = ({ data, shape }: Tensor, layer: Layer) => ({
    get data() {
      layer.dispose();
      return data;
    },
    shape,
  });
  const uses: ((layer: LSTM) => unknown)[] = [
    (layer) => layer.forward(disposing(input, layer)),
    (layer) => layer.forward(disposing(input, layer), { record: true }),
    (layer) => layer.forward(input, { h0: disposing(tensor('h', 2, 2, 4), layer) }),
    (layer) => {
      const options = {
        get training() {
          layer.dispose();
          return false;
        },
      };
      return layer.forward(input, options);
    },
    (layer) => {
      const { output } = layer.forward(input, { record: true });
      return layer.backward({ output: disposing(output, layer) });
    },
    (layer) => {
      const { hN } = layer.forward(input, { record: true });
      return layer.backward({ hN: disposing(hN, layer) });
    },
  ];
  for (const use of uses) {
    const layer = make();
    const unchanged = witnesses(runtime);
    expectRefusal(() => use(layer), Error, GONE);
    unchanged();
  }
}

/** A layer in two places: directly, and in one of the user's own, whose passes are its own. */
function checkSharedPasses(runtime: Runtime) {
  const lstm = new LSTM(3, 3, { seed: 1, runtime });
  const twice = new Sequential(lstm, wrapped(lstm));
  const plain = new Sequential(lstm, lstm);
  const gradients = [twice, plain].map((model) => {
    model.zeroGrad();
    model.backward({ output: model.forward(input, { record: true }).output });
    return [...lstm.parameters.values()].map((parameter) => parameter.readGrad());
  });
  gradients[0]?.forEach((gradient, n) => expectBits(`${n}`, gradient, gradients[1]?.[n]));
}

function wrapped(inner: Layer): Layer {
  const own = new Meddling(inner.runtime);
  own.forward = (input, options) => inner.forward(input, options) as { output: Tensor };
  own.backward = (gradient, options) => inner.backward(gradient, options) as { input: Tensor };
  return own;
}

/** What only reads goes on: a prediction in the middle of a backward. */
function checkReading(runtime: Runtime) {
  const { own, model, first } = meddled(runtime);
  const expected = model.forward(input).output;
  const { output } = model.forward(input, { record: true });
  own.inBackward = () => {
    expectBits('forward', model.forward(input).output, expected);
    first.stream().step(new Float32Array(3));
    model.stateDict();
  };
  model.backward({ output });
}

function checkInspection(runtime: Runtime) {
  const model = new Sequential(new LSTM(3, 4, { runtime }), new Linear(4, 3, { runtime }));
  for (const parameter of model.parameters.values()) parameter.requiresGrad = false;
  const loss = (output: Tensor) => {
    model.dispose();
    return { loss: 1, grad: { data: output.data.slice(), shape: output.shape } };
  };
  const act = () => gradientFlow(model, { input, target: input }, { loss });
  expectRefusal(act, Error, GONE);
}

function checkEmbedding(runtime: Runtime) {
  const gone = new Embedding(7, 3, { runtime });
  const stream = new Sequential(gone, new LSTM(3, 4, { runtime })).stream();
  gone.dispose();
  const unchanged = witnesses(runtime);
  expectRefusal(() => stream.step(Int32Array.of(1)), Error, GONE);
  expectRefusal(() => new Adam(gone), Error, GONE);
  unchanged();
}

function suite({ name, create }: Variant) {
  describe(`models in use [${name}]`, () => {
    describe('a stream whose model lost', () => {
      it.each(Object.entries(STREAMED))('%s', (_, make) => checkStream(create(), make));
      it('an Embedding', () => checkEmbedding(create()));
      it('its memory in a getter', () => checkStreamGetters(create()));
    });
    describe('a layer of the user calls in its own pass', () => {
      it.each(Object.entries(CHANGES))('%s', (_, change) => checkMeddling(create(), change));
      it('dispose of the model', () => checkDispose(create(), ({ model }) => model.dispose()));
      it('dispose of the first layer', () => checkDispose(create(), ({ first }) => first.dispose()));
      it('dispose of the last layer', () => checkDispose(create(), ({ second }) => second.dispose()));
      it('what only reads', () => checkReading(create()));
      it('passes of a layer of the model', () => checkSharedPasses(create()));
    });
    it('dispose in a getter', () => checkGetters(create()));
    it('dispose in the loss of an inspection', () => checkInspection(create()));
  });
}

variants.forEach(suite);
