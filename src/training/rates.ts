import { describe } from '../validation/errors.js';
import { checkNotNegative } from '../validation/options.js';
import type { CosineAnnealingWarmRestarts, OneCycleLR } from './cyclic-schedules.js';
import { cosPi, powerOf } from './deterministic-math.js';
import type { Optimizer } from './optimizer.js';
import type { LinearLR, ReduceLROnPlateau, Schedule, SequentialLR } from './schedules.js';

/** The state of a `reduceLROnPlateau`; `best` is null before the first validation, the others are counts. */
export interface PlateauState {
  readonly best: number | null;
  readonly bad: number;
  readonly cooldown: number;
  readonly reductions: number;
}

/** The state of a schedule: the base rate of each group, and the state of each `reduceLROnPlateau` in order. */
export interface ScheduleState {
  readonly rates: readonly number[];
  readonly plateaus: readonly PlateauState[];
}

/** Whether higher or lower values are better. */
export type Better = 'higher' | 'lower';

/** A schedule in use by a trainer. */
interface ActiveSchedule {
  /** The rate after `step` steps, from a base rate. */
  rate(base: number, step: number): number;
  /** Receives the monitored value of a validation after `step` steps. */
  observe?(value: number, better: Better, step: number): void;
}

/** The learning rates of an optimizer under a schedule. */
export class Rates {
  readonly #optimizer: Optimizer<{ lr: number }>;
  readonly #schedule: ActiveSchedule;
  readonly #plateaus: { state: PlateauState }[] = [];
  #rates: readonly number[];

  constructor(schedule: Schedule, optimizer: Optimizer<{ lr: number }>) {
    this.#optimizer = optimizer;
    this.#schedule = this.#activate(schedule);
    this.#rates = optimizer.groups.map(({ lr }) => lr);
  }

  /** Whether it depends on validations. */
  get observes(): boolean {
    return this.#plateaus.length > 0;
  }

  /** Sets the rate of each group after `step` steps. @throws as a custom schedule function does, RangeError for its value */
  set(step: number): void {
    const rates = this.#rates.map((base) => this.#schedule.rate(base, step));
    for (const [n, group] of this.#optimizer.groups.entries()) group.lr = rates[n] as number;
  }

  observe(value: number, better: Better, step: number): void {
    this.#schedule.observe?.(value, better, step);
  }

  get state(): ScheduleState {
    return { rates: [...this.#rates], plateaus: this.#plateaus.map(({ state }) => state) };
  }

  /** Checks a state. @returns a function that loads it. @throws TypeError or RangeError for the state of another schedule */
  loading(state: ScheduleState): () => void {
    const { rates, plateaus } = state ?? {};
    if (!Array.isArray(rates) || !Array.isArray(plateaus))
      throw new TypeError(`state.schedule expected { rates, plateaus }, got ${describe(state)}`);
    const [groups, count] = [this.#rates.length, this.#plateaus.length];
    if (rates.length !== groups || plateaus.length !== count)
      throw new RangeError(
        `state.schedule expected ${groups} rates and ${count} plateaus, got ${rates.length} and ${plateaus.length}`,
      );
    for (const [n, rate] of rates.entries()) checkNotNegative(`state.schedule.rates[${n}]`, rate);
    const checked = plateaus.map((plateau, n) => checkPlateau(`state.schedule.plateaus[${n}]`, plateau));
    return () => {
      this.#rates = [...rates];
      for (const [n, plateau] of this.#plateaus.entries()) plateau.state = checked[n] as PlateauState;
    };
  }

  /** Takes the current rates of the optimizer as the base rates. */
  rebase(): void {
    this.#rates = this.#optimizer.groups.map(({ lr }) => lr);
  }

  #activate(schedule: Schedule): ActiveSchedule {
    if (typeof schedule === 'function') return custom(schedule);
    if (schedule.type === 'stepLR') {
      const { stepSize, gamma } = schedule;
      return { rate: (base, step) => base * powerOf(gamma, Math.floor(step / stepSize)) };
    }
    if (schedule.type === 'cosineAnnealingLR') {
      const { tMax, etaMin } = schedule;
      return {
        rate: (base, step) =>
          step >= tMax ? etaMin : etaMin + ((base - etaMin) * (1 + cosPi(step / tMax))) / 2,
      };
    }
    if (schedule.type === 'linearLR') return linear(schedule);
    if (schedule.type === 'oneCycleLR') return oneCycle(schedule);
    if (schedule.type === 'cosineAnnealingWarmRestarts') return warmRestarts(schedule);
    if (schedule.type === 'reduceLROnPlateau') {
      const plateau = new Plateau(schedule);
      this.#plateaus.push(plateau);
      return plateau;
    }
    const parts = schedule.schedules.map((one) => this.#activate(one));
    return schedule.type === 'sequentialLR' ? sequence(schedule, parts) : chain(parts);
  }
}

function custom(factor: (step: number) => number): ActiveSchedule {
  return { rate: (base, step) => base * checkNotNegative(`schedule(${step})`, factor(step)) };
}

function linear({ totalIters, startFactor, endFactor }: LinearLR): ActiveSchedule {
  return {
    rate: (base, step) =>
      base * (step >= totalIters ? endFactor : startFactor + ((endFactor - startFactor) * step) / totalIters),
  };
}

/** Each phase of the cycle ends at a step and changes the rate from one value to another. */
function oneCycle(schedule: OneCycleLR): ActiveSchedule {
  const { maxLr, totalSteps, pctStart, divFactor, finalDivFactor, threePhase } = schedule;
  const initial = maxLr / divFactor;
  const final = initial / finalDivFactor;
  const rise = pctStart * totalSteps;
  const phases = [
    [rise - 1, initial, maxLr],
    ...(threePhase ? [[2 * rise - 2, maxLr, initial]] : []),
    [totalSteps - 1, threePhase ? initial : maxLr, final],
  ] as [end: number, from: number, to: number][];
  return {
    rate(_base, step) {
      const n = phases.findIndex(([end], n) => step <= end || n === phases.length - 1);
      const [end, from, to] = phases[n] as (typeof phases)[number];
      const start = phases[n - 1]?.[0] ?? 0;
      const part = end > start ? Math.min((step - start) / (end - start), 1) : 1;
      if (schedule.annealStrategy === 'linear') return from + (to - from) * part;
      return to + ((from - to) / 2) * (1 + cosPi(part));
    },
  };
}

function warmRestarts({ t0, tMult, etaMin }: CosineAnnealingWarmRestarts): ActiveSchedule {
  return {
    rate(base, step) {
      let [period, since] = [t0, step];
      if (tMult === 1) since %= t0;
      else {
        for (; since >= period; period *= tMult) since -= period;
      }
      return etaMin + ((base - etaMin) * (1 + cosPi(since / period))) / 2;
    },
  };
}

function sequence({ milestones }: SequentialLR, parts: readonly ActiveSchedule[]): ActiveSchedule {
  const at = (step: number): [part: ActiveSchedule, ownStep: number] => {
    const later = milestones.findIndex((milestone) => step < milestone);
    const n = later < 0 ? milestones.length : later;
    return [parts[n] as ActiveSchedule, n === 0 ? step : step - (milestones[n - 1] as number)];
  };
  return {
    rate(base, step) {
      const [part, own] = at(step);
      return part.rate(base, own);
    },
    observe(value, better, step) {
      const [part, own] = at(step);
      part.observe?.(value, better, own);
    },
  };
}

function chain(parts: readonly ActiveSchedule[]): ActiveSchedule {
  return {
    rate: (base, step) => parts.reduce((rate, part) => part.rate(rate, step), base),
    observe(value, better, step) {
      for (const part of parts) part.observe?.(value, better, step);
    },
  };
}

class Plateau implements ActiveSchedule {
  state: PlateauState = { best: null, bad: 0, cooldown: 0, reductions: 0 };
  readonly #options: ReduceLROnPlateau;

  constructor(options: ReduceLROnPlateau) {
    this.#options = options;
  }

  rate(base: number): number {
    const { factor, minLr } = this.#options;
    const { reductions } = this.state;
    // A base rate below `minLr`, as in a warm-up, is not raised to it.
    return reductions === 0 ? base : Math.max(base * powerOf(factor, reductions), Math.min(base, minLr));
  }

  observe(value: number, better: Better): void {
    const { threshold, patience, cooldown } = this.#options;
    let { best, bad, cooldown: left, reductions } = this.state;
    if (isBetter(value, best, better, threshold * Math.abs(best ?? 0))) [best, bad] = [value, 0];
    else bad++;
    if (left > 0) [left, bad] = [left - 1, 0];
    if (bad > patience) [reductions, left, bad] = [reductions + 1, cooldown, 0];
    this.state = { best, bad, cooldown: left, reductions };
  }
}

/** Whether a value is better than the best so far by more than `delta`; false for values that are not finite. */
export function isBetter(value: number, best: number | null, better: Better, delta: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === null) return true;
  return better === 'lower' ? value < best - delta : value > best + delta;
}

function checkPlateau(name: string, plateau: PlateauState): PlateauState {
  const { best, bad, cooldown, reductions } = plateau ?? {};
  if (best !== null && !Number.isFinite(best))
    throw new RangeError(`${name}.best expected a number or null, got ${describe(best)}`);
  for (const [key, count] of Object.entries({ bad, cooldown, reductions })) {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new RangeError(`${name}.${key} expected a whole number from 0 up, got ${describe(count)}`);
  }
  return { best, bad, cooldown, reductions };
}
