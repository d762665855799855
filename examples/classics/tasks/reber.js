/** The grammars' symbols; their places are the one-hot inputs. */
export const SYMBOLS = [...'BTPSXVE'];

/** From each state of the Reber grammar two ways on, taken with equal chance: the symbol, and the state behind it. */
const REBER = {
  start: [['B', 'first']],
  first: [
    ['T', 'upper'],
    ['P', 'lower'],
  ],
  upper: [
    ['S', 'upper'],
    ['X', 'cross'],
  ],
  lower: [
    ['T', 'lower'],
    ['V', 'turn'],
  ],
  cross: [
    ['X', 'lower'],
    ['S', 'last'],
  ],
  turn: [
    ['P', 'cross'],
    ['V', 'last'],
  ],
  last: [['E', 'end']],
};

/**
 * A string of the embedded Reber grammar: B, T or P, a string of the Reber grammar, the same T or P again, E.
 *
 * @returns {{ symbols: number[], legal: number[][] }} `legal[t]` are those that may follow on `symbols[t]`; none on the last
 */
export function embeddedReber({ pick }) {
  const outer = pick(['T', 'P']);
  const steps = [
    ['B', ['T', 'P']],
    [outer, ['B']],
  ];
  let state = 'start';
  while (state !== 'end') {
    const [symbol, next] = pick(REBER[state]);
    steps.push([symbol, next === 'end' ? [outer] : REBER[next].map(([one]) => one)]);
    state = next;
  }
  steps.push([outer, ['E']], ['E', []]);
  return {
    symbols: steps.map(([symbol]) => SYMBOLS.indexOf(symbol)),
    legal: steps.map(([, legal]) => legal.map((one) => SYMBOLS.indexOf(one))),
  };
}

/** An endless stream of concatenated strings: E is followed by B. */
export function* reberStream(from) {
  const beginning = [SYMBOLS.indexOf('B')];
  for (;;) {
    const { symbols, legal } = embeddedReber(from);
    for (const [t, symbol] of symbols.entries()) {
      yield { symbol, legal: t === symbols.length - 1 ? beginning : legal[t] };
    }
  }
}
