import { describe, expect, it } from 'vitest';
import { Adam, type Layer, Linear, LSTM, mse, Sequential, softmax, Trainer } from '../../src/index.js';
import { gradientFlow } from '../../src/inspect/index.js';
import { bad, expectRefusal, zeros } from '../helpers/refusals.js';

/* Messages name the argument and what came, whatever came. */

const batch = { input: zeros(2, 3), target: zeros(2, 4) };

function trainer(options: object = {}, model: Layer = new Linear(3, 4)) {
  const parameters = [...model.parameters.values()];
  return new Trainer(model, { loss: mse, optimizer: new Adam(parameters), ...options });
}

describe('a batch', () => {
  it.each([5, 'mask', true, {}, { data: new Uint8Array(2) }, Symbol('s'), () => 1])(
    'with a mask of %s',
    async (mask) => {
      const message = /^batch\.mask expected an array, or \{ data, shape \} with integers, got /;
      const wrong = bad({ ...batch, mask });
      expectRefusal(() => trainer().trainStep(wrong), TypeError, message);
      await expect(trainer().evaluate([wrong])).rejects.toThrow(message);
      expectRefusal(() => gradientFlow(new LSTM(3, 4), wrong, { loss: mse }), TypeError, message);
    },
  );

  it.each([5, 'abc', {}, Symbol('s')])('with lengths of %s', (lengths) =>
    expectRefusal(
      () => trainer().trainStep(bad({ ...batch, lengths })),
      TypeError,
      /^batch\.lengths expected an array of whole numbers, got /,
    ),
  );
});

const odd: [string, unknown, RegExp][] = [
  ['nothing', undefined, /undefined$/],
  ['a number', 3, /got 3$/],
  ['a promise', Promise.resolve(), /got a Promise$/],
];

describe('what returns', () => {
  it.each(odd)('a loss of %s', async (_, result, message) => {
    for (const act of [
      () => trainer({ loss: () => result }).trainStep(batch),
      () => gradientFlow(new LSTM(3, 4), batch, { loss: bad(() => result) }),
    ])
      expectRefusal(
        act,
        TypeError,
        new RegExp(`^loss expected a function that returns \\{ loss, grad \\}.*${message.source}`),
      );
    await expect(trainer({ loss: () => result }).evaluate([batch])).rejects.toThrow(
      /^loss expected a function/,
    );
  });

  it.each<[string, object, new () => Error, RegExp]>([
    ['no gradient', { loss: 1 }, TypeError, /^grad expected a tensor .*got undefined$/],
    [
      'a gradient of another shape',
      { loss: 1, grad: zeros(2, 3) },
      RangeError,
      /"grad" expected shape of the output = \[2, 4\], got \[2, 3\]/,
    ],
    [
      'a loss that is text',
      { loss: '1', grad: zeros(2, 4) },
      TypeError,
      /^the loss expected a number, got "1"$/,
    ],
    [
      'a negative divisor',
      { loss: 1, grad: zeros(2, 4), divisor: -1 },
      RangeError,
      /^divisor expected a number from 0 up, got -1$/,
    ],
  ])('a loss with %s', (_, result, error, message) => {
    const own = trainer({ loss: () => result });
    expectRefusal(() => own.trainStep(batch), error, message);
    expect(own.step).toBe(0);
  });

  it.each(odd)('a forward of %s', async (_, result, message) => {
    const layer = new Linear(3, 4);
    layer.forward = () => bad(result);
    const expected = new RegExp(`forward of a layer expected to return \\{ output \\}.*${message.source}`);
    expectRefusal(() => trainer({}, layer).trainStep(batch), TypeError, expected);
    await expect(trainer({}, layer).evaluate([batch])).rejects.toThrow(expected);
    const { parameters, runtime } = layer;
    const custom = { forward: () => result, backward: () => ({}), zeroGrad() {}, parameters, runtime };
    expectRefusal(
      () => new Sequential(new Linear(3, 3), bad(custom)).forward(zeros(2, 3)),
      TypeError,
      expected,
    );
  });

  it.each(odd)('a backward of %s', (_, result, message) => {
    const { parameters, runtime } = new Linear(3, 3);
    const custom = {
      forward: ({ shape, data }: { shape: number[]; data: Float32Array }) => ({ output: { data, shape } }),
      backward: () => result,
      zeroGrad() {},
      parameters,
      runtime,
    };
    const model = new Sequential(new Linear(3, 3), bad(custom));
    const { output } = model.forward(zeros(2, 3), { record: true });
    expectRefusal(
      () => model.backward({ output }),
      TypeError,
      new RegExp(`backward of a layer expected to return \\{ input \\}.*${message.source}`),
    );
  });

  it('a tally of nothing', () =>
    expectRefusal(
      () => trainer({ metrics: { mine: { better: 'lower', tally() {}, value: () => 1 } } }).trainStep(batch),
      TypeError,
      /^metrics\.mine\.tally expected to return an array of sums, got undefined$/,
    ));
});

describe('values that have no text', () => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  const [symbol] = [Symbol('s')];
  const values = [
    symbol,
    bare,
    [symbol],
    [bare],
    { type: bare },
    { constructor: 3 },
    { constructor: { name: bare } },
  ];
  it.each(values.map((value, n) => [n, value]))('%i', (_, value) => {
    const lstm = new LSTM(3, 4);
    for (const act of [
      () => lstm.forward(bad(value)),
      () => lstm.forward({ data: new Float32Array(3), shape: bad([value]) }),
      () => lstm.forward({ data: bad(value), shape: [1, 3] }),
      () => lstm.forward(zeros(1, 3), bad({ h0: value })),
      () => lstm.forward(zeros(1, 3), { lengths: bad([value]) }),
      () => lstm.stream().step(bad(value)),
      () => lstm.stream().reset(bad([value])),
      () => lstm.stream().setState(bad({ h: value, c: value })),
      () => lstm.loadStateDict(bad({ ...lstm.stateDict(), bias_ih_l0: value })),
      () => new LSTM(bad(value), 4),
      () => new LSTM(3, 4, bad({ init: value })),
      () => new LSTM(3, 4, bad({ activations: value })),
      () => new Adam(bad(value)),
      () => new Adam(lstm).loadStateDict(bad({ type: value })),
      () => trainer().loadStateDict(bad({ step: value })),
      () => mse(zeros(1), bad(value)),
      () => softmax(bad(value)),
    ]) {
      const error = (() => {
        try {
          act();
        } catch (caught) {
          return caught as Error;
        }
        return expect.fail(String(act));
      })();
      expect(error.message, String(act)).toMatch(/expected|unknown/);
      expect(error.message).not.toMatch(/Cannot convert|not a function|Cannot read/);
    }
  });

  it('arrays whose memory was transferred', () => {
    const gone = (tensor: { data: Float32Array; shape: readonly number[] }) => {
      structuredClone(tensor.data, { transfer: [tensor.data.buffer] });
      return tensor;
    };
    const lstm = new LSTM(3, 4);
    const message = /a Float32Array whose buffer was transferred/;
    expectRefusal(() => lstm.forward(gone(zeros(1, 3))), TypeError, message);
    expectRefusal(() => lstm.forward(zeros(1, 3), { h0: gone(zeros(1, 4)) }), TypeError, message);
    expectRefusal(() => lstm.stream().step(gone(zeros(3)).data), TypeError, message);
    expectRefusal(() => lstm.stream().step(zeros(3).data, gone(zeros(4)).data), TypeError, message);
    expectRefusal(() => lstm.parameters.get('bias_ih_l0')?.write(gone(zeros(16)).data), TypeError, message);
    expectRefusal(() => mse(zeros(2), gone(zeros(2))), TypeError, message);
    const ids = Int32Array.of(1);
    structuredClone(ids, { transfer: [ids.buffer] });
    expectRefusal(() => lstm.forward(ids), TypeError, /an Int32Array whose buffer was transferred/);
    expectRefusal(() => lstm.stream().step(ids), TypeError, /an Int32Array whose buffer was transferred/);
  });
});
