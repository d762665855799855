import type { Allocations } from '../runtime/memory.js';
import { isCoreLayer, type Layer, layersOf } from './layer.js';

/**
 * Keeps a model to one use that spans several calls, such as a step that waits for other threads or calls functions of the
 * user. Others may read the model meanwhile, but what would change it throws. Disposing of it takes effect at once; its
 * memory is freed when the lock is released.
 */
export class Lock {
  readonly use: string;
  readonly #owners: ReadonlyMap<Allocations, Allocations['lock']>;
  #closed = true;
  #holders = 1;

  private constructor(use: string, owners: ReadonlySet<Allocations>) {
    this.use = use;
    this.#owners = new Map([...owners].map((owner) => [owner, owner.lock]));
    for (const owner of owners) owner.lock = this;
  }

  /**
   * Locks a model's layers and parameters, and what else is given. Locks nest: where the holder of a lock calls what takes
   * another one, the outer lock is open.
   *
   * @throws Error if any of them was disposed of or is locked
   */
  static take(use: string, model: Layer, ...others: readonly Allocations[]): Lock {
    const owners = ownersOf(model, others);
    for (const owner of owners) owner.checkFree();
    return new Lock(use, owners);
  }

  /** The same for uses that only read: those of one kind share a lock. */
  static share(use: string, model: Layer): Lock {
    const owners = ownersOf(model);
    const [first] = owners;
    const current = first?.lock;
    const shared =
      current?.use === use && current.closed && [...owners].every(({ lock }) => lock === current);
    if (!(shared && current instanceof Lock)) return Lock.take(use, model);
    current.#holders++;
    return current;
  }

  /** Whether changes throw now. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Opens the lock for the holder's own synchronous work. */
  open<T>(work: () => T): T {
    const before = this.#closed;
    this.#closed = false;
    try {
      return work();
    } finally {
      this.#closed = before;
    }
  }

  /** Ends the use. */
  release(): void {
    if (--this.#holders > 0) return;
    for (const [owner, outer] of this.#owners) owner.lock = outer;
  }
}

function ownersOf(model: Layer, others: readonly Allocations[] = []): Set<Allocations> {
  const owners = new Set(others);
  if (isCoreLayer(model)) owners.add(model.allocations);
  for (const { allocations } of layersOf(model)) owners.add(allocations);
  for (const { allocations } of model.parameters.values()) owners.add(allocations);
  return owners;
}
