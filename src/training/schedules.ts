import { suggestion } from '../validation/edit-distance.js';
import { describe } from '../validation/errors.js';
import { checkNotNegative, checkNumber, checkOptions, checkSize } from '../validation/options.js';
import {
  type CosineAnnealingWarmRestarts,
  cosineAnnealingWarmRestarts,
  type OneCycleLR,
  oneCycleLR,
} from './cyclic-schedules.js';

/** See {@link stepLR}. */
export interface StepLR {
  readonly type: 'stepLR';
  readonly stepSize: number;
  readonly gamma: number;
}

/** See {@link cosineAnnealingLR}. */
export interface CosineAnnealingLR {
  readonly type: 'cosineAnnealingLR';
  readonly tMax: number;
  readonly etaMin: number;
}

/** See {@link linearLR}. */
export interface LinearLR {
  readonly type: 'linearLR';
  readonly totalIters: number;
  readonly startFactor: number;
  readonly endFactor: number;
}

/** See {@link reduceLROnPlateau}. */
export interface ReduceLROnPlateau {
  readonly type: 'reduceLROnPlateau';
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly cooldown: number;
  readonly minLr: number;
}

/** See {@link sequentialLR}. */
export interface SequentialLR {
  readonly type: 'sequentialLR';
  readonly schedules: readonly Schedule[];
  readonly milestones: readonly number[];
}

/** See {@link chainedScheduler}. */
export interface ChainedScheduler {
  readonly type: 'chainedScheduler';
  readonly schedules: readonly Schedule[];
}

/**
 * A learning rate schedule: the result of a function such as {@link stepLR}, plain data that several trainers can share; or a function
 * from the number of steps so far to a factor for the optimizer's rate.
 */
export type Schedule =
  | StepLR
  | CosineAnnealingLR
  | LinearLR
  | OneCycleLR
  | CosineAnnealingWarmRestarts
  | ReduceLROnPlateau
  | SequentialLR
  | ChainedScheduler
  | ((step: number) => number);

type Optional<Description, Names extends keyof Description> = Omit<Description, 'type' | Names> &
  Partial<Pick<Description, Names>>;

/**
 * Multiplies the rate by `gamma` after every `stepSize` steps, as PyTorch's `StepLR`.
 *
 * @param options - `stepSize` in steps; `gamma`, default 0.1
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a value out of range
 * @example
 * ```ts
 * import { Adam, Linear, mse, stepLR, Trainer } from 'lstm-wasm';
 * const model = new Linear(1, 1);
 * const optimizer = new Adam(model, { lr: 0.1 });
 * const trainer = new Trainer(model, { loss: mse, optimizer, schedule: stepLR({ stepSize: 2, gamma: 0.5 }) });
 * const one = { data: new Float32Array([1]), shape: [1, 1] };
 * const rates = [1, 2, 3, 4, 5].map(() => trainer.trainStep({ input: one, target: one }) && optimizer.lr);
 * console.log(rates); // [ 0.1, 0.1, 0.05, 0.05, 0.025 ]
 * ```
 */
export function stepLR(options: Optional<StepLR, 'gamma'>): StepLR {
  checkOptions(options, ['stepSize', 'gamma'], 'stepLR');
  const { stepSize, gamma = 0.1 } = options;
  return Object.freeze({
    type: 'stepLR',
    stepSize: checkSize('stepSize', stepSize),
    gamma: checkNotNegative('gamma', gamma),
  });
}

/**
 * The rate falls from the optimizer's to `etaMin` along half a cosine (Loshchilov & Hutter 2017), as PyTorch's `CosineAnnealingLR`. From
 * step `tMax` on it stays at `etaMin`. The same bits in every engine.
 *
 * @param options - `tMax` in steps; `etaMin`, a rate, default 0
 * @throws as {@link stepLR}
 */
export function cosineAnnealingLR(options: Optional<CosineAnnealingLR, 'etaMin'>): CosineAnnealingLR {
  checkOptions(options, ['tMax', 'etaMin'], 'cosineAnnealingLR');
  const { tMax, etaMin = 0 } = options;
  return Object.freeze({
    type: 'cosineAnnealingLR',
    tMax: checkSize('tMax', tMax),
    etaMin: checkNotNegative('etaMin', etaMin),
  });
}

/**
 * Warm-up, as PyTorch's `LinearLR`: multiplies the rate by a factor that changes linearly from `startFactor` in the first step to
 * `endFactor` after `totalIters` steps, and stays there.
 *
 * @param options - `totalIters` in steps; `startFactor`, default 1/3; `endFactor`, default 1
 * @throws as {@link stepLR}
 */
export function linearLR(options: Optional<LinearLR, 'startFactor' | 'endFactor'>): LinearLR {
  checkOptions(options, ['totalIters', 'startFactor', 'endFactor'], 'linearLR');
  const { totalIters, startFactor = 1 / 3, endFactor = 1 } = options;
  return Object.freeze({
    type: 'linearLR',
    totalIters: checkSize('totalIters', totalIters),
    startFactor: checkNotNegative('startFactor', startFactor),
    endFactor: checkNotNegative('endFactor', endFactor),
  });
}

/**
 * Multiplies the rate by `factor` when the monitored value has not improved for more than `patience` validations, as PyTorch's
 * `ReduceLROnPlateau`. An improvement is a change by more than `threshold` times the best value so far.
 *
 * @param options - `factor` in (0, 1), default 0.1; `patience` in validations, default 10; `threshold`, relative, default 1e-4;
 *   `cooldown`, validations after a reduction that do not count, default 0; `minLr`, the lowest rate, default 0
 * @throws as {@link stepLR}; the Trainer throws a TypeError without `validation`
 */
export function reduceLROnPlateau(options: Partial<Omit<ReduceLROnPlateau, 'type'>> = {}): ReduceLROnPlateau {
  checkOptions(options, ['factor', 'patience', 'threshold', 'cooldown', 'minLr'], 'reduceLROnPlateau');
  const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minLr = 0 } = options;
  return Object.freeze({
    type: 'reduceLROnPlateau',
    factor: checkNumber('factor', factor, 'a number in (0, 1)', (x) => x > 0 && x < 1),
    patience: checkSize('patience', patience, 0),
    threshold: checkNotNegative('threshold', threshold),
    cooldown: checkSize('cooldown', cooldown, 0),
    minLr: checkNotNegative('minLr', minLr),
  });
}

/**
 * One schedule after another, as PyTorch's `SequentialLR`: schedule n + 1 takes over at step `milestones[n]` and counts its steps from
 * there.
 *
 * @throws TypeError for anything but schedules, RangeError unless the milestones increase and are one fewer than the schedules
 * @example
 * ```ts
 * import { Adam, cosineAnnealingLR, linearLR, LSTM, mse, sequentialLR, Trainer } from 'lstm-wasm';
 * const model = new LSTM(1, 1);
 * const schedule = sequentialLR([linearLR({ totalIters: 100 }), cosineAnnealingLR({ tMax: 900 })], { milestones: [100] });
 * const trainer = new Trainer(model, { loss: mse, optimizer: new Adam(model, { lr: 0.003 }), schedule });
 * const x = { data: new Float32Array(2), shape: [1, 2, 1] };
 * trainer.trainStep({ input: x, target: x });
 * console.log(trainer.optimizer.lr); // 0.001
 * ```
 */
export function sequentialLR(
  schedules: readonly Schedule[],
  options: { milestones: readonly number[] },
): SequentialLR {
  const parts = checkSchedules(schedules, 'sequentialLR');
  checkOptions(options, ['milestones'], 'sequentialLR');
  const { milestones } = options;
  if (!Array.isArray(milestones))
    throw new TypeError(`milestones expected an array of steps, got ${describe(milestones)}`);
  if (milestones.length !== parts.length - 1)
    throw new RangeError(
      `milestones expected schedules - 1 = ${parts.length - 1} steps, got ${milestones.length}`,
    );
  for (const [n, milestone] of milestones.entries()) {
    checkSize(`milestones[${n}]`, milestone);
    if (n > 0 && milestone <= milestones[n - 1])
      throw new RangeError(
        `milestones[${n}] expected a step above milestones[${n - 1}] = ${milestones[n - 1]}, got ${milestone}`,
      );
  }
  return Object.freeze({
    type: 'sequentialLR',
    schedules: parts,
    milestones: Object.freeze([...milestones]),
  });
}

/**
 * Several schedules at once, as PyTorch's `ChainedScheduler`: the rate of one is the base rate of the next.
 *
 * @throws TypeError for anything but schedules
 */
export function chainedScheduler(schedules: readonly Schedule[]): ChainedScheduler {
  return Object.freeze({
    type: 'chainedScheduler',
    schedules: checkSchedules(schedules, 'chainedScheduler'),
  });
}

function checkSchedules(schedules: unknown, owner: string): readonly Schedule[] {
  if (!Array.isArray(schedules))
    throw new TypeError(`${owner} expected an array of schedules, got ${describe(schedules)}`);
  if (schedules.length === 0) throw new RangeError(`${owner} expected at least one schedule, got none`);
  return Object.freeze(schedules.map((one, n) => checkSchedule(`schedules[${n}]`, one)));
}

// biome-ignore lint/suspicious/noExplicitAny: the functions check their options.
const SCHEDULES: Record<string, (options: any) => Schedule> = {
  stepLR,
  cosineAnnealingLR,
  linearLR,
  oneCycleLR,
  cosineAnnealingWarmRestarts,
  reduceLROnPlateau,
  sequentialLR: ({ schedules, ...options }) => sequentialLR(schedules, options),
  chainedScheduler: ({ schedules, ...options }) => {
    checkOptions(options, [], 'chainedScheduler');
    return chainedScheduler(schedules);
  },
};

/** @throws TypeError for anything but a schedule, and as the function of its type does */
export function checkSchedule(name: string, value: unknown): Schedule {
  if (typeof value === 'function') return value as Schedule;
  if (value === null || typeof value !== 'object' || !('type' in value))
    throw new TypeError(
      `${name} expected a schedule such as cosineAnnealingLR({ tMax: 1000 }), got ${describe(value)}`,
    );
  const { type, ...options } = value;
  const make =
    typeof type === 'string' && Object.keys(SCHEDULES).includes(type) ? SCHEDULES[type] : undefined;
  if (make) return make(options);
  const known = suggestion(String(type), Object.keys(SCHEDULES));
  throw new TypeError(`${name}: unknown type ${describe(type)}; ${known}`);
}

/** Whether a schedule contains a function, which cannot be sent to another thread. */
export function ownFunctionIn(schedule: Schedule): boolean {
  if (typeof schedule === 'function') return true;
  return 'schedules' in schedule && schedule.schedules.some(ownFunctionIn);
}
