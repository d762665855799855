/**
 * Test data from a formula instead of a file. Every value is an odd multiple of `scale` / 4096 in (-scale, scale): a
 * float32 holds it exactly, and none is 0. make.py has the same formula.
 *
 * FNV-1a turns the name into a seed, MurmurHash3's finaliser scatters each index.
 */
export function closedForm(name: string, count: number, scale = 1): Float64Array {
  let seed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
  return Float64Array.from({ length: count }, (_, index) => {
    let x = seed + Math.imul(index, 0x9e3779b1);
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    return ((2 * (x >>> 20) - 4095) / 4096) * scale;
  });
}

/** The power of two next to 1 / sqrt(size). */
export function weightScale(size: number): number {
  let scale = 1;
  while (scale * scale * size > 2) scale /= 2;
  return scale;
}

/** Of the order of 1 / sqrt(size), or of 1 / sqrt(columns) for a wider matrix, so that no gate saturates. */
export function closedFormParameter(name: string, shape: readonly number[], size: number): Float64Array {
  return closedForm(name, elementCount(shape), weightScale(Math.max(size, ...shape.slice(1))));
}

/** Values in (0, 2), for the weights of a loss. */
export function closedFormWeights(name: string, count: number): Float64Array {
  return closedForm(name, count).map((value) => value + 1);
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
