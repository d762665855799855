import { Dropout, Linear } from '../../src/index.js';
import { bad, type Row, type Subjects, zeros } from './refusals.js';

export type Make = (s: Subjects, value: never) => unknown;

/** Rows for values that are refused as another kind. */
export function kinds(where: string, make: Make, message: RegExp, values: unknown[]): Row[] {
  return values.map((value, n) => [
    `${where} ${show(value)} (${n})`,
    (s) => make(s, bad(value)),
    TypeError,
    message,
  ]);
}

function show(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
}

/** What takes a model or parameters, in the name of its messages. */
export function targets(name: string, call: Make): Row[] {
  return [
    ...kinds(`${name} of`, call, new RegExp(`^${name} expected a model or an array of parameters, got `), [
      null,
      undefined,
      3,
      'model',
      {},
      { parameters: {} },
      new Map(),
    ]),
    ...kinds(
      `${name} of parameters`,
      call,
      new RegExp(`^${name}: parameters\\[0\\] expected a Parameter, got `),
      [[null], [3], [zeros(3)], [[]], [{}]],
    ),
    [
      `${name} of no parameters`,
      (s) => call(s, bad([])),
      TypeError,
      new RegExp(`^${name} expected at least one parameter, got none$`),
    ],
    [
      `${name} of a model without parameters`,
      (s) => call(s, bad(new Dropout(0.5, { runtime: s.runtime }))),
      TypeError,
      new RegExp(`^${name} expected at least one parameter, got none$`),
    ],
    [
      `${name} of what is no parameter behind one`,
      (s) => call(s, bad([...s.linear.parameters.values(), 5])),
      TypeError,
      new RegExp(`^${name}: parameters\\[2\\] expected a Parameter, got 5$`),
    ],
    [
      `${name} of a model that was disposed of`,
      (s) => {
        const model = new Linear(3, 5, { runtime: s.runtime });
        model.dispose();
        call(s, bad(model));
      },
      Error,
      /disposed of/,
    ],
  ];
}
