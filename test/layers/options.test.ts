import { describe, it } from 'vitest';
import { checkCase, type Expected, expectedOf, expectedOfRandom } from '../helpers/compare-with-reference.js';
import { caseOf, drawFor, type Given, type OptionCase, wellConditioned } from '../helpers/options.js';
import { randomDraw, SEED, withCase } from '../helpers/random-options.js';
import { SINGLE_OPTIONS } from '../helpers/single-options.js';
import { type Variant, variants } from '../helpers/variants.js';

interface Prepared {
  one: OptionCase;
  given: Given;
  expected: Expected;
}

/** Each case is worked out once for all variants. */
function once<T>(work: (n: number) => T): (n: number) => T {
  const done = new Map<number, T>();
  return (n) => {
    const known = done.get(n);
    if (known !== undefined) return known;
    const fresh = work(n);
    done.set(n, fresh);
    return fresh;
  };
}

const single = once((n): Prepared => {
  const { name, kind, options, more } = SINGLE_OPTIONS[n];
  const one = caseOf(kind, options, more);
  const given = drawFor(wellConditioned, one, name);
  return { one, given, expected: expectedOf(one, given, 4) };
});

const COMBINATIONS = 200;

const combination = once((n): Prepared => {
  const { one, given } = randomDraw(n, { from: 0, accepts: wellConditioned });
  return { one, given, expected: expectedOfRandom(one, given, 2) };
});

function check({ one, given, expected }: Prepared, { create }: Variant) {
  withCase(one, () => checkCase(one, given, expected, create()));
}

function suite(variant: Variant) {
  describe(`each option against the reference [${variant.name}]`, () => {
    SINGLE_OPTIONS.forEach(({ name }, n) => {
      it(name, () => check(single(n), variant));
    });
  });

  describe(`options together against the reference [${variant.name}], OPTIONS_SEED=${SEED}`, () => {
    for (let n = 0; n < COMBINATIONS; n++) it(`combination ${n}`, () => check(combination(n), variant));
  });
}

variants.forEach(suite);
