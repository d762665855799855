/*
 * What the gated cells do with a block of pre-activations, `count` panels wide: in passes, each so short that a processor
 * works at several turns of it at once, where the whole cell of four units is one long chain.
 */
import { sigmoid4, tanh4 } from './math';
import { storeLanes } from './simd';

/** The sigmoid of four values in every 64 bytes, in place: one gate of each panel. */
export function sigmoidGate(a: usize, count: i32): void {
  for (const end = a + (<usize>count << 6); a < end; a += 64) v128.store(a, sigmoid4(v128.load(a)));
}

/** The hyperbolic tangent of `width` values: of one gate of each panel, in place, or of a row. */
export function tanhEvery(to: usize, from: usize, step: usize, width: i32): void {
  for (; width > 0; width -= 4) {
    storeLanes(to, tanh4(v128.load(from)), width);
    to += step;
    from += step;
  }
}

/** From the panels to four blocks of values, `row` bytes each. */
export function keepGates(gates: usize, a: usize, width: i32, row: usize): void {
  for (; width > 0; width -= 4) {
    storeLanes(gates, v128.load(a), width);
    storeLanes(gates + row, v128.load(a, 16), width);
    storeLanes(gates + 2 * row, v128.load(a, 32), width);
    storeLanes(gates + 3 * row, v128.load(a, 48), width);
    a += 64;
    gates += 16;
  }
}
