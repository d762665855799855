import { expect } from 'vitest';
import type { Batches } from '../../src/data/index.js';

/** Batches made again, and put where others were left, go on as these would have, wherever that is. */
export function expectResumable(make: () => Batches<unknown>): void {
  const whole = [...make()];
  for (let place = 1; place <= whole.length; place++) {
    const first = make();
    const before = [];
    for (const batch of first) if (before.push(batch) === place) break;
    const second = make();
    second.loadStateDict(first.stateDict());
    expect([...before, ...second]).toEqual(whole);
  }
}
