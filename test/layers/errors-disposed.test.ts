import { describe, expect, it } from 'vitest';
import {
  Activation,
  Dropout,
  Embedding,
  Linear,
  LSTM,
  RNN,
  type Runtime,
  Sequential,
} from '../../src/index.js';
import { expectBits, tensor } from '../helpers/bits.js';
import { bad, expectRefusal, type Row, refuses, zeros } from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

const LAYERS: Record<
  string,
  (runtime: Runtime) => LSTM | RNN | Linear | Embedding | Dropout | Activation | Sequential
> = {
  LSTM: (runtime) => new LSTM(3, 5, { runtime }),
  RNN: (runtime) => new RNN(3, 5, { runtime }),
  Linear: (runtime) => new Linear(3, 5, { runtime }),
  Embedding: (runtime) => new Embedding(11, 3, { runtime }),
  Dropout: (runtime) => new Dropout(0.5, { runtime }),
  Activation: (runtime) => new Activation('relu', { runtime }),
  Sequential: (runtime) => new Sequential(new Linear(3, 5, { runtime }), new Activation('tanh', { runtime })),
};

/** Everything that a layer can be asked for, once it was disposed of; a forward waits for its backward then. */
const disposed: Row[] = Object.entries(LAYERS).flatMap(([name, make]) => {
  const rows: [string, (layer: ReturnType<typeof make>) => unknown][] = [
    ['forward', (layer) => layer.forward(bad(name === 'Embedding' ? new Int32Array(2) : zeros(2, 3)))],
    [
      'backward',
      (layer) =>
        layer.backward({
          output: zeros(2, name === 'Embedding' || name === 'Dropout' || name === 'Activation' ? 3 : 5),
        }),
    ],
    ['zeroGrad', (layer) => layer.zeroGrad()],
    ['loadStateDict', (layer) => layer.loadStateDict({})],
    ...['stateDict', 'read', 'readGrad', 'write', 'writeGrad'].map((method): (typeof rows)[number] => [
      method,
      (layer) => onParameters(layer, method),
    ]),
    ['stream', (layer) => (layer as LSTM).stream()],
  ];
  const has = ([method]: (typeof rows)[number]) => {
    if (method === 'stream') return ['LSTM', 'RNN', 'Sequential'].includes(name);
    return (
      !['Dropout', 'Activation'].includes(name) ||
      ['forward', 'backward', 'zeroGrad', 'loadStateDict'].includes(method)
    );
  };
  return rows.filter(has).map(
    ([method, use]): Row => [
      `${name}: ${method} after dispose`,
      ({ runtime }) => {
        const layer = make(runtime);
        layer.forward(bad(name === 'Embedding' ? new Int32Array(2) : zeros(2, 3)), { record: true });
        layer.dispose();
        layer.dispose();
        use(layer);
      },
      Error,
      /^this \w+ was disposed of and can no longer be used$/,
    ],
  );
});

function onParameters(layer: LSTM | Linear | Sequential | object, method: string): void {
  const { parameters, stateDict } = layer as LSTM;
  if (method === 'stateDict') stateDict.call(layer);
  for (const parameter of parameters.values()) {
    if (method === 'read' || method === 'readGrad') parameter[method]();
    else parameter[method as 'write'](new Float32Array(parameter.size));
  }
}

const GONE = /^this \w+ was disposed of and can no longer be used$/;

/** A stream, or a part of a model, that is gone. */
const parts: Row[] = [
  ...(['step', 'reset', 'setState', 'state'] as const).map(
    (method): Row => [
      `a stream: ${method} after dispose`,
      ({ lstm }) => {
        const stream = lstm.stream();
        const { state } = stream;
        stream.dispose();
        stream.dispose();
        if (method === 'step') stream.step(new Float32Array(3));
        else if (method === 'reset') stream.reset();
        else if (method === 'setState') stream.setState(state);
        else void stream.state;
      },
      Error,
      GONE,
    ],
  ),
  ...Object.entries(LAYERS)
    .filter(([name]) => ['LSTM', 'RNN', 'Sequential'].includes(name))
    .map(
      ([name, make]): Row => [
        `a stream of ${name} that was disposed of`,
        ({ runtime }) => {
          const layer = make(runtime) as LSTM;
          const stream = layer.stream();
          layer.dispose();
          stream.step(new Float32Array(3));
        },
        Error,
        GONE,
      ],
    ),
  ...['forward', 'backward', 'stateDict', 'loadStateDict', 'zeroGrad', 'stream', 'step'].map(
    (method): Row => [
      `a model whose last layer was disposed of: ${method}`,
      ({ runtime }) => {
        const last = new Linear(5, 2, { runtime });
        const model = new Sequential(new Linear(3, 5, { runtime }), last);
        const dict = model.stateDict();
        const stream = model.stream();
        const { output } = model.forward(zeros(2, 3), { record: true });
        last.dispose();
        if (method === 'forward') model.forward(zeros(2, 3));
        else if (method === 'backward') model.backward({ output });
        else if (method === 'stateDict') model.stateDict();
        else if (method === 'loadStateDict') model.loadStateDict(dict);
        else if (method === 'zeroGrad') model.zeroGrad();
        else if (method === 'stream') model.stream().step(new Float32Array(3));
        else stream.step(new Float32Array(3));
      },
      Error,
      GONE,
    ],
  ),
];

/** What is refused halfway is not done at all. */
function wholeOrNot({ create }: Variant) {
  const runtime = create();

  it('a state dict for a model whose last layer is gone writes nothing', () => {
    const first = new Linear(3, 5, { runtime });
    const last = new Linear(5, 2, { runtime });
    const model = new Sequential(first, last);
    const dict = new Sequential(
      new Linear(3, 5, { seed: 9, runtime }),
      new Linear(5, 2, { runtime }),
    ).stateDict();
    const before = first.stateDict();
    last.dispose();
    expectRefusal(() => model.loadStateDict(dict), Error, GONE);
    expectBits('the first layer', first.stateDict()['weight'], before['weight']);
  });

  it('a refused backward leaves the forward for another one', () => {
    const layer = new Linear(3, 5, { runtime });
    const { output } = layer.forward(tensor('input', 2, 3), { record: true });
    for (const wrong of [undefined, null, 0, {}, zeros(2, 4), { data: output.data }]) {
      expect(() => layer.backward({ output: bad(wrong) })).toThrow(/output/);
    }
    expect(layer.backward({ output }).input?.shape).toEqual([2, 3]);
  });

  it('a refused step leaves the state of a stream', () => {
    const layer = new LSTM(3, 5, { runtime });
    const [stream, other] = [layer.stream(), layer.stream()];
    const x = tensor('input', 3).data;
    expectBits('first', stream.step(x), other.step(x));
    expect(() => stream.step(new Float32Array(2))).toThrow(RangeError);
    expect(() => stream.step(x, new Float32Array(4))).toThrow(RangeError);
    expect(() => stream.setState({ h: zeros(1, 5), c: zeros(5) })).toThrow(RangeError);
    expect(() => stream.reset([0, 1])).toThrow(RangeError);
    expectBits('second', stream.step(x), other.step(x));
  });

  it('a parameter that requires no gradient rejects one', () => {
    const layer = new Linear(3, 5, { runtime });
    const weight = layer.parameters.get('weight') ?? expect.fail('no weight');
    weight.requiresGrad = false;
    expectRefusal(() => weight.writeGrad(new Float32Array(15)), Error, /requiresGrad: true, got false$/);
    layer.forward(tensor('input', 2, 3), { record: true });
    layer.backward({ output: tensor('gradient', 2, 5) });
    expect(weight.readGrad()).toEqual(new Float32Array(15));
  });
}

variants.forEach((variant: Variant) => {
  describe(`what is gone, and what is refused halfway [${variant.name}]`, () => {
    describe('layers after dispose', () => refuses(variant, disposed));
    describe('streams and parts', () => refuses(variant, parts));
    describe('as a whole or not at all', () => wholeOrNot(variant));
  });
});
