import { describe } from 'vitest';
import { Adam, AdamW, Linear, type Parameter, RMSprop, SGD } from '../../src/index.js';
import { bad, booleans, numbers, options, type Row, refuses, type Subjects } from '../helpers/refusals.js';
import { kinds, targets } from '../helpers/refused-targets.js';
import { type Variant, variants } from '../helpers/variants.js';

const CLASSES = { SGD, RMSprop, Adam, AdamW };
const NOT_NEGATIVE = 'a number from 0 up';

function forOptimizer(name: keyof typeof CLASSES): Row[] {
  const Class = CLASSES[name];
  const make = (option: string) => (s: Subjects, value: never) => new Class(s.linear, { [option]: value });
  const where = (option: string) => `${name} with ${option} of`;
  const number = (option: string, values: number[], range: string) =>
    numbers(option, make(option), values, range, where(option));
  return [
    ...targets(name, (_, target) => new Class(target)),
    ...options(name, (s, value) => new Class(s.linear, value), ['weightDekay', 'weightDecay']),
    ...number('lr', [-1], 'a number from 0 up'),
    ...number('weightDecay', [-1], NOT_NEGATIVE),
    ...(name === 'SGD' || name === 'RMSprop'
      ? number('momentum', [-1], NOT_NEGATIVE)
      : number('eps', [-1], NOT_NEGATIVE)),
    [
      `${name} of parameters in two runtimes`,
      (s) =>
        new Class([
          ...s.linear.parameters.values(),
          ...new Linear(3, 5, { runtime: s.other }).parameters.values(),
        ]),
      TypeError,
      /^parameter 2 belongs to another runtime than parameter 0(?!.*layer)/,
    ],
    [
      `${name} of a parameter twice`,
      ({ linear: { parameters } }) =>
        new Class([...parameters.values(), parameters.get('bias') as Parameter]),
      TypeError,
      new RegExp(`^${name} expected each parameter once, got `),
    ],
    [
      `${name} of a parameter in two groups`,
      ({ linear }) =>
        new Class([{ params: linear }, { params: [linear.parameters.get('bias') as Parameter] }]),
      TypeError,
      new RegExp(`^${name} expected each parameter once, got `),
    ],
    [
      `${name} with an option of a group like none`,
      ({ linear }) => new Class([{ params: linear, ...{ rl: 1 } }]),
      TypeError,
      new RegExp(`^${name} group: unknown option "rl"; did you mean "lr"\\?$`),
    ],
    [
      `${name} with a group's lr of -1`,
      ({ linear }) => new Class([{ params: linear, lr: -1 }]),
      RangeError,
      /^lr expected a number from 0 up, got -1$/,
    ],
    [
      `${name} with a group among parameters`,
      ({ linear }) => new Class(bad([{ params: linear }, linear])),
      TypeError,
      new RegExp(`^${name}: groups\\[1\\] expected \\{ params, … \\}, got a Linear$`),
    ],
    [
      `${name} with a group of no parameters`,
      () => new Class([{ params: [] }]),
      TypeError,
      new RegExp(`^${name} expected at least one parameter, got none$`),
    ],
    ...numbers(
      'lr',
      (s, value) => {
        new Class(s.linear).lr = value;
      },
      [-1],
      'a number from 0 up',
      `${name}, lr set to`,
    ),
  ];
}

const own: Row[] = [
  ...booleans(
    'nesterov',
    (s, nesterov) => new SGD(s.linear, { momentum: 0.9, nesterov }),
    'SGD with nesterov of',
  ),
  [
    'SGD with nesterov and no momentum',
    (s) => new SGD(s.linear, { nesterov: true }),
    RangeError,
    /^nesterov expected .*momentum.*, got 0/,
  ],
  ...booleans('centered', (s, centered) => new RMSprop(s.linear, { centered }), 'RMSprop with centered of'),
  ...numbers(
    'alpha',
    (s, alpha) => new RMSprop(s.linear, { alpha }),
    [-0.1, 1],
    'a probability in [0, 1)',
    'RMSprop with alpha of',
  ),
  ...numbers('eps', (s, eps) => new RMSprop(s.linear, { eps }), [-1], NOT_NEGATIVE, 'RMSprop with eps of'),
  ...[Adam, AdamW].flatMap((Class) => [
    ...kinds(
      `${Class.name} with betas of`,
      (s, betas) => new Class(s.linear, { betas }),
      /^betas expected two numbers \[beta1, beta2\]/,
      [0.9, '0.9', null, {}, [], [0.9], [0.9, 0.99, 0.999]],
    ),
    ...numbers(
      'betas[0]',
      (s, one) => new Class(s.linear, { betas: [one, 0.9] }),
      [-0.1, 1],
      'a probability in [0, 1)',
      `${Class.name} with a first beta of`,
    ).map(withBrackets),
    ...numbers(
      'betas[1]',
      (s, one) => new Class(s.linear, { betas: [0.9, one] }),
      [-0.1, 1],
      'a probability in [0, 1)',
      `${Class.name} with a second beta of`,
    ).map(withBrackets),
  ]),
];

/** The helper takes names without brackets. */
function withBrackets([what, act, error, message]: Row): Row {
  return [what, act, error, new RegExp(message.source.replace(/^\^betas\[(\d)\]/, '^betas\\[$1\\]'))];
}

function suite(variant: Variant) {
  describe(`what optimizers refuse [${variant.name}]`, () => {
    describe.each(Object.keys(CLASSES) as (keyof typeof CLASSES)[])('%s', (name) =>
      refuses(variant, forOptimizer(name)),
    );
    describe('options of one optimizer', () => refuses(variant, own));
  });
}

variants.forEach(suite);
