import { describe } from 'vitest';
import { Dropout, Embedding, Linear, LSTM, Sequential, type Stream } from '../../src/index.js';
import {
  bad,
  options,
  type Row,
  refuses,
  type Subjects,
  sizes,
  stateShape,
  tensors,
  zeros,
} from '../helpers/refusals.js';
import { type Variant, variants } from '../helpers/variants.js';

/** A stream is opened, used wrongly, and closed. */
function streamed(act: (stream: Stream) => unknown, of: 'lstm' | 'model' = 'lstm', batch?: number) {
  return (s: Subjects) => {
    const stream = s[of].stream(batch === undefined ? {} : { batch });
    try {
      return act(stream);
    } finally {
      stream.dispose();
    }
  };
}

const FLOATS = (name: string) => new RegExp(`^${name} expected a Float32Array, got `);

const streams: Row[] = [
  ...sizes('batch', (s, batch) => s.lstm.stream({ batch }), 'lstm.stream, batch of'),
  ...sizes('batch', (s, batch) => s.model.stream({ batch }), 'model.stream, batch of'),
  ...options('LSTM.stream', (s, value) => s.lstm.stream(value), ['bach', 'batch']),
  ...options('Sequential.stream', (s, value) => s.model.stream(value), ['batchs', 'batch']),
  [
    'rnn.stream with c0',
    (s) => s.rnn.stream(bad({ c0: zeros(1, 5) })),
    TypeError,
    /^RNN\.stream: unknown option "c0"; did you mean "h0"\?$/,
  ],
  ...tensors('h0', (s, h0) => s.lstm.stream({ batch: 2, h0 }), 'lstm.stream, h0 of'),
  [
    'stream with h0 of another batch',
    (s) => s.lstm.stream({ batch: 3, h0: zeros(2, 2, 5) }),
    RangeError,
    stateShape('h0', '2, 3, 5', '2, 2, 5'),
  ],
  [
    'stream with c0 that has a batch',
    (s) => s.lstm.stream({ c0: zeros(2, 1, 5) }),
    RangeError,
    stateShape('c0', '2, 5', '2, 1, 5'),
  ],
  ['stream with 0 for h0', (s) => s.lstm.stream({ h0: bad(0) }), TypeError, /^h0 expected a tensor/],
  [
    'stream of a model of no size',
    ({ dropout }) => new Sequential(dropout).stream(),
    TypeError,
    /^Sequential\.stream: no layer determines the size of the input$/,
  ],
  [
    'stream whose layers do not fit',
    ({ runtime }) => new Sequential(new Linear(3, 4, { runtime }), new Linear(5, 6, { runtime })).stream(),
    RangeError,
    /^Linear expected inFeatures = 5 values per row, got 4$/,
  ],
  [
    'stream whose LSTM does not fit',
    ({ runtime }) => new Sequential(new Linear(3, 4, { runtime }), new LSTM(5, 6, { runtime })).stream(),
    RangeError,
    /^LSTM expected inputSize = 5 values per row, got 4$/,
  ],
  [
    'stream with an Embedding of values',
    ({ linear, embedding: table }) => new Sequential(linear, table).stream(),
    TypeError,
    /Embedding expected ids/,
  ],
  [
    'stream with an Embedding of embeddings',
    ({ embedding: table, runtime }) => new Sequential(table, new Embedding(9, 4, { runtime })).stream(),
    TypeError,
    /Embedding expected ids/,
  ],
  [
    'stream with a layer of the user’s own',
    ({ runtime, linear }) => new Sequential(linear, own(new Dropout(0.5, { runtime }))).stream(),
    TypeError,
    /^layer 1 is a custom layer/,
  ],
  ...[undefined, null, 3, [1, 2, 3], new Float64Array(3), zeros(3)].map(
    (x, n): Row => [
      `step of no Float32Array (${n})`,
      streamed((stream) => stream.step(bad(x))),
      TypeError,
      FLOATS('x'),
    ],
  ),
  [
    'step of two values',
    streamed((stream) => stream.step(new Float32Array(2))),
    RangeError,
    /^x expected batch \* inputSize = 1 \* 3 values, got 2$/,
  ],
  [
    'step of one row for two',
    streamed((stream) => stream.step(new Float32Array(3)), 'lstm', 2),
    RangeError,
    /^x expected batch \* inputSize = 2 \* 3 values, got 3$/,
  ],
  ...[null, [], new Float64Array(5)].map(
    (out, n): Row => [
      `step into no Float32Array (${n})`,
      streamed((stream) => stream.step(new Float32Array(3), bad(out))),
      TypeError,
      FLOATS('out'),
    ],
  ),
  [
    'step into six values',
    streamed((stream) => stream.step(new Float32Array(3), new Float32Array(6))),
    RangeError,
    /^out expected batch \* outputSize = 1 \* 5 values, got 6$/,
  ],
  ...[
    undefined,
    null,
    3,
    [1],
    new Float32Array(1),
    new Float64Array(1),
    new DataView(new ArrayBuffer(1)),
    new BigInt64Array(1),
  ].map(
    (x, n): Row => [
      `step of no ids (${n})`,
      streamed((stream) => stream.step(bad(x)), 'model'),
      TypeError,
      /^x expected an array of ids, got /,
    ],
  ),
  [
    'step of two ids',
    streamed((stream) => stream.step(new Int32Array(2)), 'model'),
    RangeError,
    /^x expected batch = 1 ids, got 2$/,
  ],
  [
    'step of an id past the end',
    streamed((stream) => stream.step(new Int32Array([0, 11])), 'model', 2),
    RangeError,
    /^x\[1\] expected an id from 0 to 10, got 11$/,
  ],
  [
    'step of a negative id',
    streamed((stream) => stream.step(new Int32Array([-1])), 'model'),
    RangeError,
    /^x\[0\] expected an id from 0 to 10, got -1$/,
  ],
  ...[0, null, 'a', new Int32Array(1)].map(
    (rows, n): Row => [
      `reset of no array (${n})`,
      streamed((stream) => stream.reset(bad(rows))),
      TypeError,
      /^rows expected an array, got /,
    ],
  ),
  ...[-1, 2, 0.5, Number.NaN].map(
    (row): Row => [
      `reset of row ${row}`,
      streamed((stream) => stream.reset([0, row]), 'lstm', 2),
      RangeError,
      /^rows expected whole numbers from 0 to 1, got /,
    ],
  ),
  ...[null, undefined, 3].map(
    (state): Row => [
      `setState of ${state}`,
      streamed((stream) => stream.setState(bad(state))),
      TypeError,
      /^state expected an object, got /,
    ],
  ),
  ...tensors('h', streamedState('h'), 'setState, h of'),
  [
    'setState without c',
    streamed((stream) => stream.setState({ h: zeros(2, 5) })),
    TypeError,
    /^c expected a tensor .*, got undefined$/,
  ],
  [
    'setState of another shape',
    streamed((stream) => stream.setState({ h: zeros(2, 5), c: zeros(2, 1, 5) })),
    RangeError,
    stateShape('c', '2, 5', '2, 1, 5'),
  ],
];

function streamedState(name: string) {
  return (s: Subjects, value: never) => {
    const stream = s.lstm.stream();
    try {
      stream.setState({ ...stream.state, [name]: value });
    } finally {
      stream.dispose();
    }
  };
}

/** The same layer as one of the user's own: no class of the package. */
function own(layer: Dropout) {
  return {
    forward: layer.forward.bind(layer),
    backward: layer.backward.bind(layer),
    zeroGrad: layer.zeroGrad.bind(layer),
    stateDict: layer.stateDict.bind(layer),
    loadStateDict: layer.loadStateDict.bind(layer),
    dispose: layer.dispose.bind(layer),
    parameters: layer.parameters,
    parameterCount: layer.parameterCount,
    runtime: layer.runtime,
  };
}

variants.forEach((variant: Variant) => {
  describe(`what streams refuse [${variant.name}]`, () => refuses(variant, streams));
});
