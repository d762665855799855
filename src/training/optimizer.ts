import type { Layer } from '../layers/layer.js';
import { type Parameter, paddedBytes } from '../layers/parameter.js';
import { oneRuntime } from '../layers/sequential.js';
import type { Core } from '../runtime/core.js';
import { Allocations } from '../runtime/memory.js';
import type { Runtime } from '../runtime/runtime.js';
import { checkNotNegative, checkObject, checkOptions } from '../validation/options.js';
import { type Group, groupsOf, type Parameters, parametersOf } from './groups.js';
import {
  type CheckedSlot,
  checkOptimizerState,
  checkSlot,
  checkSlotValues,
  type OptimizerState,
} from './optimizer-state.js';

/** The optimizer state of one parameter; `pointers` are the arrays in the core. */
export interface Slot {
  readonly numbers: Record<string, number>;
  readonly pointers: Record<string, number>;
}

/** The base class of all optimizers: parameter groups, state, and the loop over the parameters. */
export abstract class Optimizer<Options extends { lr: number }> {
  abstract readonly type: string;
  readonly runtime: Runtime;
  readonly #groups: { options: Options; parameters: readonly Parameter[] }[];
  readonly #slots = new Map<Parameter, Slot>();
  declare [Symbol.dispose]: () => void;
  /** @internal The memory of its state. */
  readonly allocations: Allocations;
  readonly #checkOptions: (options: unknown, owner: string) => void;

  /** @internal */
  get 'lstm-wasm'(): string {
    return 'Optimizer';
  }

  /** @internal */
  constructor(
    owner: string,
    target: Parameters | readonly Group<Options>[],
    options: Partial<Options>,
    defaults: Options,
    check: (options: Options) => void,
  ) {
    const known = Object.keys(defaults);
    this.#checkOptions = (all, of) => {
      checkOptions(all, known, of);
      const merged = { ...defaults, ...(all as Options) };
      checkNotNegative('lr', merged.lr);
      check(merged);
    };
    checkOptions(options, known, owner);
    this.#groups = groupsOf(owner, target).map(({ params, ...own }) => {
      checkOptions(own, known, `${owner} group`);
      const merged = { ...defaults, ...withoutUndefined(options), ...withoutUndefined(own) } as Options;
      checkNotNegative('lr', merged.lr);
      check(merged);
      return { options: merged, parameters: parametersOf(owner, params as Parameters) };
    });
    const all = this.#groups.flatMap((group) => group.parameters);
    if (new Set(all).size < all.length)
      throw new TypeError(`${owner} expected each parameter once, got a duplicate`);
    this.runtime = oneRuntime(all, 'parameter');
    this.allocations = new Allocations(this.runtime, this);
  }

  /** The names of the state arrays of one parameter. */
  protected abstract arrays(options: Options): readonly string[];
  /** The initial numbers of the state of one parameter; among them `step`, which each update counts. */
  protected abstract numbers(options: Options): Record<string, number>;
  protected abstract update(core: Core, parameter: Parameter, slot: Slot, options: Options): void;

  /** The options of each group. They can be changed and are checked at the next step. */
  get groups(): readonly Options[] {
    return this.#groups.map((group) => group.options);
  }

  /** The learning rate of all groups. @throws Error when set while the groups have different rates: set them in `groups` */
  get lr(): number {
    return (this.#groups[0] as { options: Options }).options.lr;
  }

  set lr(value: number) {
    checkNotNegative('lr', value);
    this.allocations.checkFree();
    if (this.groups.some(({ lr }) => lr !== this.lr)) {
      throw new Error('lr expected groups with one rate, got different rates: set each in `groups`');
    }
    for (const { options } of this.#groups) options.lr = value;
  }

  /** @internal Whether it updates any parameter of a model. */
  covers(model: Layer): boolean {
    const own = new Set(this.parameters);
    return [...model.parameters.values()].some((parameter) => own.has(parameter));
  }

  /** @internal For each group, the indices of its parameters in a model. @throws TypeError for a parameter of another model */
  indicesIn(model: Layer): number[][] {
    const all = [...model.parameters.values()];
    return this.#groups.map(({ parameters }) =>
      parameters.map((parameter) => {
        const index = all.indexOf(parameter);
        if (index < 0)
          throw new TypeError(
            "optimizer expected only the model's parameters, got a parameter of another model",
          );
        return index;
      }),
    );
  }

  /** Updates each parameter that has a gradient. All memory is allocated before anything is written. */
  step(): void {
    this.allocations.checkFree();
    for (const { options, parameters } of this.#groups) {
      this.#checkOptions(options, `${this.type} group`);
      for (const parameter of parameters) parameter.checkFree();
    }
    for (const { options, parameters } of this.#groups) {
      for (const parameter of parameters) if (hasGradient(parameter)) this.#slotOf(parameter, options);
    }
    const { core } = this.runtime;
    for (const { options, parameters } of this.#groups) {
      for (const parameter of parameters) {
        if (!hasGradient(parameter)) continue;
        const slot = this.#slotOf(parameter, options);
        this.update(core, parameter, slot, options);
        flushTiny(core, slot, parameter.size);
        parameter.version++;
      }
    }
  }

  /** Sets all gradients to zero. */
  zeroGrad(): void {
    this.allocations.checkFree();
    const parameters = this.parameters;
    for (const parameter of parameters) parameter.checkFree();
    for (const parameter of parameters) parameter.zeroGrad();
  }

  /** A copy of the state. An optimizer of the same parameters that loads it continues with the same bits. */
  stateDict(): OptimizerState {
    this.allocations.checkHere();
    return this.stateWith((at, size) => this.runtime.f32.slice(at, at + size));
  }

  /** @internal The state, with the arrays that `read` returns; its `at` is an index into the runtime's floats. */
  stateWith(read: (at: number, size: number) => Float32Array): OptimizerState {
    this.allocations.check();
    const slots = this.parameters.map((parameter) => {
      const slot = this.#slots.get(parameter);
      if (slot === undefined) return null;
      const { size, shape } = parameter;
      const pointers = Object.entries(slot.pointers);
      const arrays = pointers.map(([name, at]) => [name, { data: read(at >>> 2, size), shape }]);
      return { numbers: { ...slot.numbers }, arrays: Object.fromEntries(arrays) };
    });
    const groups = this.#groups.map(
      ({ options }) => withoutUndefined(options) as OptimizerState['groups'][number],
    );
    return { type: this.type, groups, slots };
  }

  /**
   * Loads a state that {@link stateDict} returned, including the options.
   *
   * @throws TypeError for the state of another type of optimizer, RangeError if its parameters do not match
   */
  loadStateDict(state: OptimizerState): void {
    for (const _ of this.loading(state));
  }

  /** @internal Like {@link loadStateDict}, but yields after each array. Nothing changes before the end. */
  *loading(state: OptimizerState): Generator<void, void, undefined> {
    this.allocations.checkFree();
    const { parameters } = this;
    const checked = this.#checkState(state, parameters);
    const slots = yield* this.#allocateSlots(checked.slots, parameters);
    for (const [n, group] of this.#groups.entries()) Object.assign(group.options, checked.groups[n]);
    this.#freeSlots(this.#slots);
    this.#slots.clear();
    for (const [parameter, slot] of slots) this.#slots.set(parameter, slot);
  }

  /** Frees the memory of the state. The parameters are unaffected. */
  dispose(): void {
    this.allocations.dispose(this.type);
  }

  /** @internal The parameters of all groups. */
  get parameters(): readonly Parameter[] {
    return this.#groups.flatMap((group) => group.parameters);
  }

  #slotOf(parameter: Parameter, options: Options): Slot {
    let slot = this.#slots.get(parameter);
    if (slot === undefined) {
      const pointers: Record<string, number> = {};
      for (const name of this.arrays(options))
        pointers[name] = this.allocations.allocateZeros(paddedBytes(parameter.size));
      slot = { numbers: this.numbers(options), pointers };
      this.#slots.set(parameter, slot);
    }
    return slot;
  }

  #checkState(state: OptimizerState, parameters: readonly Parameter[]) {
    const counts = { groups: this.#groups.length, slots: parameters.length };
    const checked = checkOptimizerState(state, this.type, counts);
    const groups = checked.groups.map((group, g) => {
      checkObject(`groups[${g}]`, group);
      const own = withoutUndefined(group) as Partial<Options>;
      this.#checkOptions(own, `groups[${g}]`);
      return own;
    });
    const slots = this.#groups.flatMap((group, g) => {
      const options = { ...group.options, ...groups[g] };
      return group.parameters.map(({ shape }) => ({ shape, options }));
    });
    return {
      groups,
      slots: slots.map(({ shape, options }, n) =>
        checkSlot(`slots[${n}]`, checked.slots[n], shape, this.arrays(options), this.numbers(options)),
      ),
    };
  }

  /** Copies the slots of a state into the core. On failure all allocated memory is freed. */
  *#allocateSlots(
    slots: readonly (CheckedSlot | undefined)[],
    parameters: readonly Parameter[],
  ): Generator<void, Map<Parameter, Slot>, undefined> {
    const allocated = new Map<Parameter, Slot>();
    try {
      for (const [n, slot] of slots.entries()) {
        if (!slot) continue;
        const parameter = parameters[n] as Parameter;
        const pointers: Record<string, number> = {};
        allocated.set(parameter, { numbers: slot.numbers, pointers });
        for (const [name, data] of slot.arrays) {
          const pointer = this.allocations.allocateZeros(paddedBytes(parameter.size));
          pointers[name] = pointer;
          const values = this.runtime.floats(pointer, parameter.size);
          values.set(data);
          checkSlotValues(`slots[${n}]`, name, values);
          yield;
        }
      }
      return allocated;
    } catch (error) {
      this.#freeSlots(allocated);
      throw error;
    }
  }

  #freeSlots(slots: ReadonlyMap<Parameter, Slot>): void {
    for (const { pointers } of slots.values())
      for (const pointer of Object.values(pointers)) this.allocations.free(pointer);
  }
}

/** A copy of the options that are not undefined, including their arrays. */
function withoutUndefined(options: object): object {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

/** In each step it would make Adam 40 % slower. */
const FLUSH_EVERY = 16;
/** 2^-100, and 2^-122 for squares. */
const TINY = 7.888609052210118e-31;
const TINY_SQUARE = 1.88079096131566e-37;

/**
 * Keeps a state that decays out of the subnormal numbers, where some processors are many times slower and rounding may hold a value
 * for good. Squares become zero later, since a small `eps` lets them matter longer.
 */
function flushTiny(core: Core, { numbers, pointers }: Slot, size: number): void {
  if ((numbers.step as number) % FLUSH_EVERY !== 0) return;
  for (const [name, pointer] of Object.entries(pointers))
    core.flushState(pointer, size, name === 'square' ? TINY_SQUARE : TINY);
}

function hasGradient(parameter: Parameter): boolean {
  return parameter.requiresGrad && parameter.gradient !== 0;
}
