import { type Allocations, busy } from '../runtime/memory.js';
import { isCoreLayer, type Layer, layersOf } from './layer.js';
import { Recordings } from './tape.js';

/** The use that only reads a model. */
export const VALIDATION = 'a validation';
/** The use that changes a model. */
export const STEP = 'a training step';
/** The use that changes a copy of a model, in another thread. */
export const IN_WORKER = 'training in a worker';

/**
 * Keeps a model to one use that spans several calls, such as a step that waits for other threads or calls functions of the
 * user. Others may read the model meanwhile, but what would change it throws. Disposing of it takes effect at once; its
 * memory is freed when the lock is released.
 */
export class Lock {
  readonly use: string;
  readonly elsewhere: boolean;
  readonly #owners: ReadonlyMap<Allocations, Allocations['lock']>;
  readonly #recordings = new Recordings();
  readonly #waiting: (() => void)[] = [];
  #closed = true;
  #holders = 1;

  private constructor(use: string, owners: ReadonlySet<Allocations>) {
    this.use = use;
    this.elsewhere = use === IN_WORKER;
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

  /** The same for a validation: several may run at a time. */
  static validate(model: Layer): Lock {
    const owners = ownersOf(model);
    const [first] = owners;
    const current = first?.lock;
    const validating = current?.use === VALIDATION && [...owners].every(({ lock }) => lock === current);
    if (!(validating && current instanceof Lock)) return Lock.take(VALIDATION, model);
    current.#holders++;
    return current;
  }

  /** Waits until no such use locks a model. */
  static async ended(use: string, model: Layer): Promise<void> {
    for (;;) {
      const lock = [...ownersOf(model)].map((owner) => owner.lock).find((one) => one?.use === use);
      if (!(lock instanceof Lock && lock.closed)) return;
      await new Promise<void>((resolve) => lock.#waiting.push(resolve));
    }
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
      return this.#recordings.during(work);
    } finally {
      this.#closed = before;
    }
  }

  /** Ends the use. What it recorded and no backward took is dropped. */
  release(): void {
    if (--this.#holders > 0) return;
    this.#recordings.drop();
    for (const [owner, outer] of this.#owners) owner.lock = outer;
    for (const resolve of this.#waiting) resolve();
  }
}

/** @throws Error while something changes a model: a file of it would mix the state before and after */
export function checkSaved(model: Layer): void {
  for (const { lock } of ownersOf(model)) if (lock && lock.use !== VALIDATION) throw busy(lock);
}

function ownersOf(model: Layer, others: readonly Allocations[] = []): Set<Allocations> {
  const owners = new Set(others);
  if (isCoreLayer(model)) owners.add(model.allocations);
  for (const { allocations } of layersOf(model)) owners.add(allocations);
  for (const { allocations } of model.parameters.values()) owners.add(allocations);
  return owners;
}
