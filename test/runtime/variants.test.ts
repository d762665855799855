import { expect, it } from 'vitest';
import { refused, variants } from '../helpers/variants.js';

it('simd runs everywhere', () => {
  expect(variants.map(({ name }) => name)).toContain('simd');
});

for (const { name, create } of variants) {
  it(`[${name}] is what its runtime says it is`, () => expect(create().variant).toBe(name));
}

for (const { name, create } of refused) {
  it(`[${name}] everywhere`, ({ skip }) =>
    skip(`this engine refuses ${name}: the runtime is ${create().variant}`));
}
