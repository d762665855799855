import type { Allocations } from '../runtime/memory.js';
import type { Parameter } from './parameter.js';

/** Bytes of the panels of a matrix [rows, columns] (assembly/kernels/panels.ts). */
export function panelBytes(columns: number, rows: number): number {
  return Math.ceil(columns / 16) * rows * 64;
}

/** A packed copy of parameters, created at first use and updated when one of them has changed. */
export class PackedWeights {
  readonly #allocations: Allocations;
  readonly #sources: readonly Parameter[];
  readonly #bytes: () => number;
  readonly #pack: (to: number) => void;
  #pointer = 0;
  #version = -1;

  constructor(
    allocations: Allocations,
    sources: readonly Parameter[],
    bytes: () => number,
    pack: (to: number) => void,
  ) {
    this.#allocations = allocations;
    this.#sources = sources;
    this.#bytes = bytes;
    this.#pack = pack;
  }

  /** Updates the copy if a parameter has changed, and returns its address, which stays the same. */
  current(): number {
    let version = 0;
    for (const source of this.#sources) version += source.version;
    if (version !== this.#version) {
      if (this.#pointer === 0) this.#pointer = this.#allocations.allocate(this.#bytes());
      this.#pack(this.#pointer);
      this.#version = version;
    }
    return this.#pointer;
  }
}
