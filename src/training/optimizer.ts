import type { Layer } from '../layers/layer.js';
import { bytesOf, type Parameter } from '../layers/parameter.js';
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

/** What an optimizer keeps for one parameter, in the core. */
export interface Slot {
  readonly numbers: Record<string, number>;
  readonly pointers: Record<string, number>;
}

/** What the optimizers share: groups, state, and the walk over the parameters. */
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
      const merged = { ...defaults, ...given(options), ...given(own) } as Options;
      checkNotNegative('lr', merged.lr);
      check(merged);
      return { options: merged, parameters: parametersOf(owner, params as Parameters) };
    });
    const all = this.#groups.flatMap((group) => group.parameters);
    if (new Set(all).size < all.length)
      throw new TypeError(`${owner} expected each parameter once, got one twice`);
    this.runtime = oneRuntime(all, 'parameter');
    this.allocations = new Allocations(this.runtime, this);
  }

  /** The arrays that the state of one parameter holds. */
  protected abstract arrays(options: Options): readonly string[];
  /** The numbers that it begins with. */
  protected abstract numbers(options: Options): Record<string, number>;
  protected abstract update(core: Core, parameter: Parameter, slot: Slot, options: Options): void;

  /** The options of each group, to read and to set; checked at the next step. */
  get groups(): readonly Options[] {
    return this.#groups.map((group) => group.options);
  }

  /** The learning rate of all groups. @throws Error to set where they differ: set those of `groups` then */
  get lr(): number {
    return (this.#groups[0] as { options: Options }).options.lr;
  }

  set lr(value: number) {
    checkNotNegative('lr', value);
    this.allocations.checkFree();
    if (this.groups.some(({ lr }) => lr !== this.lr)) {
      throw new Error('lr expected groups of one rate, got several: set that of each in `groups`');
    }
    for (const { options } of this.#groups) options.lr = value;
  }

  /** @internal Whether it updates any parameter of a model. */
  covers(model: Layer): boolean {
    const own = new Set(this.parameters);
    return [...model.parameters.values()].some((parameter) => own.has(parameter));
  }

  /** @internal Where the parameters of each group stand among those of a model. @throws TypeError for others */
  placesIn(model: Layer): number[][] {
    const all = [...model.parameters.values()];
    return this.#groups.map(({ parameters }) =>
      parameters.map((parameter) => {
        const place = all.indexOf(parameter);
        if (place < 0)
          throw new TypeError("optimizer expected the model's parameters alone, got others beside them");
        return place;
      }),
    );
  }

  /** Updates each parameter that has a gradient. All that the state needs is taken before anything is written. */
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
        this.update(core, parameter, this.#slotOf(parameter, options), options);
        parameter.version++;
      }
    }
  }

  /** Sets the gradients to zero. */
  zeroGrad(): void {
    this.allocations.checkFree();
    const parameters = this.parameters;
    for (const parameter of parameters) parameter.checkFree();
    for (const parameter of parameters) parameter.zeroGrad();
  }

  /** A copy of the whole state: with it another optimizer of the same parameters goes on to the same bits. */
  stateDict(): OptimizerState {
    this.allocations.checkHere();
    return this.stateWith((at, size) => this.runtime.f32.slice(at, at + size));
  }

  /** @internal The state with what `read` gives in the place of arrays: it is told where they lie, in floats. */
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
    const groups = this.#groups.map(({ options }) => given(options) as OptimizerState['groups'][number]);
    return { type: this.type, groups, slots };
  }

  /**
   * Goes on from what {@link stateDict} gave, options included.
   *
   * @throws TypeError for the state of another kind of optimizer, RangeError where it has other parameters
   */
  loadStateDict(state: OptimizerState): void {
    for (const _ of this.loading(state));
  }

  /** @internal The same, stopping after each array; nothing is changed before the end. */
  *loading(state: OptimizerState): Generator<void, void, undefined> {
    this.allocations.checkFree();
    const { parameters } = this;
    const checked = this.#checkState(state, parameters);
    const slots = yield* this.#takeSlots(checked.slots, parameters);
    for (const [n, group] of this.#groups.entries()) Object.assign(group.options, checked.groups[n]);
    this.#giveSlots(this.#slots);
    this.#slots.clear();
    for (const [parameter, slot] of slots) this.#slots.set(parameter, slot);
  }

  /** Gives the state's memory back. The parameters are not touched. */
  dispose(): void {
    this.allocations.dispose(this.type);
  }

  /** @internal Those of all groups. */
  get parameters(): readonly Parameter[] {
    return this.#groups.flatMap((group) => group.parameters);
  }

  #slotOf(parameter: Parameter, options: Options): Slot {
    let slot = this.#slots.get(parameter);
    if (slot === undefined) {
      const pointers: Record<string, number> = {};
      for (const name of this.arrays(options))
        pointers[name] = this.allocations.allocateZeros(bytesOf(parameter.size));
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
      const own = given(group) as Partial<Options>;
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

  /** The slots of a state in the core: all of them, or none if there is no room or a value cannot be one of a slot. */
  *#takeSlots(
    slots: readonly (CheckedSlot | undefined)[],
    parameters: readonly Parameter[],
  ): Generator<void, Map<Parameter, Slot>, undefined> {
    const taken = new Map<Parameter, Slot>();
    try {
      for (const [n, slot] of slots.entries()) {
        if (!slot) continue;
        const parameter = parameters[n] as Parameter;
        const pointers: Record<string, number> = {};
        taken.set(parameter, { numbers: slot.numbers, pointers });
        for (const [name, data] of slot.arrays) {
          const pointer = this.allocations.allocateZeros(bytesOf(parameter.size));
          pointers[name] = pointer;
          const values = this.runtime.floats(pointer, parameter.size);
          values.set(data);
          checkSlotValues(`slots[${n}]`, name, values);
          yield;
        }
      }
      return taken;
    } catch (error) {
      this.#giveSlots(taken);
      throw error;
    }
  }

  #giveSlots(slots: ReadonlyMap<Parameter, Slot>): void {
    for (const { pointers } of slots.values())
      for (const pointer of Object.values(pointers)) this.allocations.free(pointer);
  }
}

/** A copy of the options that are given, down to their arrays: `undefined` leaves the default. */
function given(options: object): object {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

function hasGradient(parameter: Parameter): boolean {
  return parameter.requiresGrad && parameter.gradient !== 0;
}
