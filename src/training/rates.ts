import { describe } from '../validation/errors.js';
import { checkNotNegative } from '../validation/options.js';
import type { CosineAnnealingWarmRestarts, OneCycleLR } from './cyclic-schedules.js';
import { cosPi, powerOf } from './deterministic-math.js';
import type { Optimizer } from './optimizer.js';
import type { LinearLR, ReduceLROnPlateau, Schedule, SequentialLR } from './schedules.js';

/** What a plateau remembers; whole numbers but for `best`, null before the first validation. */
export interface PlateauState {
  readonly best: number | null;
  readonly bad: number;
  readonly cooldown: number;
  readonly reductions: number;
}

/** A schedule's state: the rates that each group began with, and its plateaus in order. */
export interface ScheduleState {
  readonly rates: readonly number[];
  readonly plateaus: readonly PlateauState[];
}

/** Which way is better. */
export type Better = 'higher' | 'lower';

/** A schedule that runs. */
interface Running {
  /** What it makes of a rate when so many steps were made. */
  rate(base: number, step: number): number;
  /** Told what a validation after so many steps came to. */
  observe?(value: number, better: Better, step: number): void;
}

/** The learning rates of an optimizer under a schedule. */
export class Rates {
  readonly #optimizer: Optimizer<{ lr: number }>;
  readonly #running: Running;
  readonly #plateaus: { state: PlateauState }[] = [];
  #rates: readonly number[];

  constructor(schedule: Schedule, optimizer: Optimizer<{ lr: number }>) {
    this.#optimizer = optimizer;
    this.#running = this.#run(schedule);
    this.#rates = optimizer.groups.map(({ lr }) => lr);
  }

  /** Whether it waits for validations. */
  get observes(): boolean {
    return this.#plateaus.length > 0;
  }

  /** Gives each group its rate for the step after so many. @throws as a function of the user's, or for what it gives */
  set(step: number): void {
    const rates = this.#rates.map((base) => this.#running.rate(base, step));
    for (const [n, group] of this.#optimizer.groups.entries()) group.lr = rates[n] as number;
  }

  observe(value: number, better: Better, step: number): void {
    this.#running.observe?.(value, better, step);
  }

  get state(): ScheduleState {
    return { rates: [...this.#rates], plateaus: this.#plateaus.map(({ state }) => state) };
  }

  /** A state, checked, as what takes it on. @throws TypeError or RangeError for one of another schedule */
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
    const taken = plateaus.map((plateau, n) => checkPlateau(`state.schedule.plateaus[${n}]`, plateau));
    return () => {
      this.#rates = [...rates];
      for (const [n, plateau] of this.#plateaus.entries()) plateau.state = taken[n] as PlateauState;
    };
  }

  /** Goes on from the rates that the optimizer has now. */
  rebase(): void {
    this.#rates = this.#optimizer.groups.map(({ lr }) => lr);
  }

  #run(schedule: Schedule): Running {
    if (typeof schedule === 'function') return own(schedule);
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
    const parts = schedule.schedules.map((one) => this.#run(one));
    return schedule.type === 'sequentialLR' ? sequence(schedule, parts) : chain(parts);
  }
}

function own(factor: (step: number) => number): Running {
  return { rate: (base, step) => base * checkNotNegative(`schedule(${step})`, factor(step)) };
}

function linear({ totalIters, startFactor, endFactor }: LinearLR): Running {
  return {
    rate: (base, step) =>
      base * (step >= totalIters ? endFactor : startFactor + ((endFactor - startFactor) * step) / totalIters),
  };
}

/** The phases of the cycle: each runs up to a step, from one rate to another. */
function oneCycle(schedule: OneCycleLR): Running {
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

function warmRestarts({ t0, tMult, etaMin }: CosineAnnealingWarmRestarts): Running {
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

function sequence({ milestones }: SequentialLR, parts: readonly Running[]): Running {
  const at = (step: number): [Running, number] => {
    const later = milestones.findIndex((milestone) => step < milestone);
    const n = later < 0 ? milestones.length : later;
    return [parts[n] as Running, n === 0 ? step : step - (milestones[n - 1] as number)];
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

function chain(parts: readonly Running[]): Running {
  return {
    rate: (base, step) => parts.reduce((rate, part) => part.rate(rate, step), base),
    observe(value, better, step) {
      for (const part of parts) part.observe?.(value, better, step);
    },
  };
}

class Plateau implements Running {
  state: PlateauState = { best: null, bad: 0, cooldown: 0, reductions: 0 };
  readonly #options: ReduceLROnPlateau;

  constructor(options: ReduceLROnPlateau) {
    this.#options = options;
  }

  rate(base: number): number {
    const { factor, minLr } = this.#options;
    const { reductions } = this.state;
    // A rate that is below the least already, as in a warm-up, is not raised to it.
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

/** Whether a value is better than the best so far by more than `delta`; what is not finite never is. */
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
