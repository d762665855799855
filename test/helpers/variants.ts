import { createRuntime, type Runtime } from '../../src/index.js';
import { relaxed } from '../../src/relaxed.js';

export interface Variant {
  name: 'simd' | 'relaxed';
  create(): Runtime;
}

const all: Variant[] = [
  { name: 'simd', create: () => createRuntime() },
  { name: 'relaxed', create: () => createRuntime({ binary: relaxed }) },
];

function runsHere({ name, create }: Variant): boolean {
  return create().variant === name;
}

/**
 * The binaries that this engine runs. A suite makes one describe of each, with the name in brackets in its title, which
 * the reporter counts.
 */
export const variants: readonly Variant[] = all.filter(runsHere);

/** Those that it refuses; variants.test.ts says so. */
export const refused: readonly Variant[] = all.filter((variant) => !runsHere(variant));
