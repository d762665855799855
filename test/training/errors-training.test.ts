import { describe } from 'vitest';
import {
  Adam,
  clipGradNorm,
  clipGradValue,
  crossEntropy,
  gradNorm,
  Linear,
  mse,
  Trainer,
} from '../../src/index.js';
import {
  bad,
  numbers,
  options,
  type Row,
  refuses,
  type Subjects,
  sizes,
  zeros,
} from '../helpers/refusals.js';
import { kinds, targets } from '../helpers/refused-targets.js';
import { type Variant, variants } from '../helpers/variants.js';

/** States of an optimizer of `linear` that took one step. */
function stateOf(s: Subjects) {
  const layer = new Linear(3, 5, { runtime: s.runtime });
  for (const parameter of layer.parameters.values()) parameter.writeGrad(new Float32Array(parameter.size));
  const optimizer = new Adam(layer);
  optimizer.step();
  return { layer, optimizer, state: JSON.parse(JSON.stringify(optimizer.stateDict(), null)) };
}

const load = (edit: (state: Record<string, never>) => unknown) => (s: Subjects) => {
  const { optimizer } = stateOf(s);
  const state = structuredClone(optimizer.stateDict());
  optimizer.loadStateDict(bad(edit(bad(state)) ?? state));
};

const states: Row[] = [
  ...kinds(
    'Adam.loadStateDict of',
    (s, state) => new Adam(s.linear).loadStateDict(state),
    /^state expected .*Adam, got /,
    [null, undefined, 3, 'Adam', {}, [], { type: 'SGD' }, { type: 'AdamW', groups: [], slots: [] }],
  ),
  [
    'of other groups',
    load(({ groups, ...rest }) => ({ ...rest, groups: [] })),
    RangeError,
    /^state expected groups = 1 and parameters = 2, got /,
  ],
  [
    'of other parameters',
    load(({ slots, ...rest }) => ({ ...rest, slots: [] })),
    RangeError,
    /^state expected groups = 1 and parameters = 2, got /,
  ],
  ['without groups', load(({ groups, ...rest }) => rest), TypeError, /groups/],
  ['without slots', load(({ slots, ...rest }) => rest), TypeError, /slots/],
  [
    'with a slot of another shape',
    load((state) => Object.assign(state['slots'][0]['arrays'], { mean: zeros(3, 5) })['none']),
    RangeError,
    /slots\[0\]\.mean.* expected shape/,
  ],
  [
    'with a slot of doubles',
    load(
      (state) =>
        Object.assign(state['slots'][0]['arrays'], { mean: { data: new Float64Array(15), shape: [5, 3] } })[
          'none'
        ],
    ),
    TypeError,
    /slots\[0\]\.mean/,
  ],
  [
    'with a slot that lacks an array',
    load((state) => Object.assign(state['slots'][0], { arrays: {} })['none']),
    TypeError,
    /slots\[0\].*mean/,
  ],
  [
    'with a slot that lacks its numbers',
    load((state) => Object.assign(state['slots'][0], { numbers: {} })['none']),
    TypeError,
    /slots\[0\].*step/,
  ],
  [
    'with a group of no lr',
    load((state) => Object.assign(state['groups'][0], { lr: 'x' })['none']),
    TypeError,
    /lr expected/,
  ],
  [
    'with a group whose lr is -1',
    load((state) => Object.assign(state['groups'][0], { lr: -1 })['none']),
    RangeError,
    /lr expected a number from 0 up, got -1/,
  ],
  ...['step', 'zeroGrad', 'stateDict'].map(
    (method): Row => [
      `Adam.${method} after dispose`,
      (s) => {
        const { optimizer } = stateOf(s);
        optimizer.dispose();
        optimizer.dispose();
        optimizer[method as 'step']();
      },
      Error,
      /Adam was disposed of/,
    ],
  ),
  ...['step', 'zeroGrad'].map(
    (method): Row => [
      `Adam.${method} after its model was disposed of`,
      (s) => {
        const { layer, optimizer } = stateOf(s);
        layer.dispose();
        optimizer[method as 'step']();
      },
      Error,
      /disposed of/,
    ],
  ),
];

const clipping: Row[] = [
  ...targets('gradNorm', (_, target) => gradNorm(target)),
  ...targets('clipGradNorm', (_, target) => clipGradNorm(target, 1)).filter(
    ([what]) => !/of a model that/.test(what),
  ),
  ...targets('clipGradValue', (_, target) => clipGradValue(target, 1)),
  ...numbers('max', (s, max) => clipGradNorm(s.linear, max), [0, -1], 'a number above 0', 'clipGradNorm to'),
  ...numbers(
    'limit',
    (s, limit) => clipGradValue(s.linear, limit),
    [0, -1],
    'a number above 0',
    'clipGradValue to',
  ),
].map(([what, act, error, message]) => [
  what,
  act,
  error,
  new RegExp(message.source.replace('^clipGradNorm', '^(clipGradNorm|gradNorm)')),
]);

const trainerOf = (s: Subjects, more: object = {}) =>
  new Trainer(s.model, { loss: crossEntropy as never, optimizer: new Adam(s.model), ...more });

const batch = { input: new Int32Array(3), target: bad(new Int32Array(3)) };

const trainer: Row[] = [
  ...options('Trainer', (s, value) => new Trainer(s.model, value), ['optimiser', 'optimizer']),
  ...kinds(
    'Trainer of',
    (s, model) => new Trainer(model, { loss: mse, optimizer: new Adam(s.model) }),
    /^model expected a layer, got /,
    [null, undefined, 3, {}, []],
  ),
  ...kinds(
    'Trainer with a loss of',
    (s, loss) => trainerOf(s, { loss }),
    /^loss expected a function such as crossEntropy, got /,
    [undefined, null, 'mse', {}],
  ),
  ...kinds(
    'Trainer with an optimizer of',
    (s, optimizer) => trainerOf(s, { optimizer }),
    /^optimizer .* Adam/,
    [undefined, null, 'adam', {}, Adam],
  ),
  [
    'Trainer with an optimizer of another runtime',
    (s) => trainerOf(s, { optimizer: new Adam(new Linear(1, 1, { runtime: s.other })) }),
    TypeError,
    /^optimizer expected .*parameters.*another runtime/,
  ],
  [
    "Trainer with another model's optimizer",
    (s) => trainerOf(s, { optimizer: new Adam(s.linear) }),
    TypeError,
    /^optimizer expected .*parameters.*none/,
  ],
  ...numbers(
    'clipNorm',
    (s, clipNorm) => trainerOf(s, { clipNorm }),
    [0, -1],
    'a number above 0',
    'Trainer with clipNorm of',
  ),
  ...numbers(
    'clipValue',
    (s, clipValue) => trainerOf(s, { clipValue }),
    [0, -1],
    'a number above 0',
    'Trainer with clipValue of',
  ),
  ...sizes('accumulate', (s, accumulate) => trainerOf(s, { accumulate }), 'Trainer with accumulate of'),
  ...kinds(
    'Trainer with a schedule of',
    (s, schedule) => trainerOf(s, { schedule }),
    /^schedule(:| expected a schedule such as cosineAnnealingLR)/,
    [null, 3, 'cosine', [], {}, { type: 'cosine' }, { type: 3 }],
  ),
  [
    'Trainer with a schedule that lacks what it needs',
    (s) => trainerOf(s, { schedule: { type: 'stepLR' } }),
    TypeError,
    /^stepSize expected a whole number, got undefined$/,
  ],
  [
    'Trainer with onNonFinite of another word',
    (s) => trainerOf(s, { onNonFinite: 'skp' }),
    RangeError,
    /^onNonFinite expected .*stop, skip, got "skp".*"skip"/,
  ],
  ...kinds(
    'Trainer with onNonFinite of',
    (s, onNonFinite) => trainerOf(s, { onNonFinite }),
    /^onNonFinite expected one of stop, skip, got /,
    [null, true, 3],
  ),
  ...kinds('Trainer with metrics of', (s, metrics) => trainerOf(s, { metrics }), /^metrics/, [
    null,
    3,
    [],
    { right: null },
    { right: {} },
    { right: { better: 'more', tally() {}, value() {} } },
  ]),
  ...kinds(
    'Trainer.trainStep of',
    (s, value) => trainerOf(s).trainStep(value),
    /^batch expected \{ input, target \}, got /,
    [null, undefined, 3, 'a'],
  ),
  ...kinds('Trainer.trainStep of', (s, value) => trainerOf(s).trainStep(value), /^input expected /, [
    {},
    { input: [1, 2] },
  ]),
  [
    'Trainer.trainStep without a target',
    (s) => trainerOf(s).trainStep(bad({ input: new Int32Array(3) })),
    TypeError,
    /^target expected /,
  ],
  [
    'Trainer.trainStep of an id too large',
    (s) => trainerOf(s).trainStep({ ...batch, input: Int32Array.of(0, 11, 0) }),
    RangeError,
    /^input\[1\] expected .*0 to 10, got 11/,
  ],
  [
    'Trainer.trainStep of a class too large',
    (s) => trainerOf(s).trainStep({ ...batch, target: bad(Int32Array.of(0, 0, 4)) }),
    RangeError,
    /^target\[2\] expected a class from 0 to 3/,
  ],
  [
    'Trainer.trainStep with another mask',
    (s) => trainerOf(s).trainStep({ ...batch, mask: [1] }),
    RangeError,
    /^mask expected 3 values/,
  ],
  ...kinds(
    'Trainer.loadStateDict of',
    (s, state) => trainerOf(s).loadStateDict(state),
    /^state expected the state of/,
    [null, undefined, 3, { step: '1' }, { step: '1', optimizer: { type: 'SGD' } }],
  ),
  ...['x', '-1', '1.5', 'Infinity'].map(
    (step): Row => [
      `Trainer.loadStateDict of step ${step}`,
      (s) => {
        const one = trainerOf(s);
        one.loadStateDict({ ...one.stateDict(), step });
      },
      RangeError,
      /^state\.step expected a whole number as text, got /,
    ],
  ),
  [
    'Trainer.trainStep after its model was disposed of',
    (s) => {
      const model = new Linear(3, 4, { runtime: s.runtime });
      const one = new Trainer(model, { loss: mse, optimizer: new Adam(model) });
      model.dispose();
      one.trainStep({ input: zeros(2, 3), target: zeros(2, 4) });
    },
    Error,
    /^this Linear was disposed of/,
  ],
  [
    'Trainer.trainStep after its optimizer was disposed of',
    (s) => {
      const one = trainerOf(s);
      one.optimizer.dispose();
      one.trainStep(batch);
    },
    Error,
    /^this Adam was disposed of/,
  ],
];

function suite(variant: Variant) {
  describe(`what training refuses [${variant.name}]`, () => {
    describe('states of optimizers', () => refuses(variant, states));
    describe('clipping', () => refuses(variant, clipping));
    describe('Trainer', () => refuses(variant, trainer));
  });
}

variants.forEach(suite);
