import type { ActivationSpec } from '../reference/activations.js';
import type { Kind, Options } from '../reference/options.js';
import { drawUntil, type Given, type OptionCase } from './options.js';
import { seededIntegers } from './random.js';
import { ACTIVATION_NAMES } from './single-options.js';

/** A new seed for each run, which the suite's title contains. */
export const SEED = Number(process.env['OPTIONS_SEED'] ?? 1 + (Date.now() % 1_000_000));

class Dice {
  readonly #draw: (limit: number) => number;

  constructor(...seeds: number[]) {
    const mixed = seeds.reduce((sum, seed) => Math.imul(sum ^ seed, 0x9e3779b1) ^ (sum >>> 15), 0x2545f491);
    this.#draw = seededIntegers(mixed || 1);
    for (let n = 0; n < 8; n++) this.#draw(1);
  }

  from(least: number, most: number): number {
    return least + this.#draw(most - least + 1);
  }

  one<T>(values: readonly T[]): T {
    return values[this.#draw(values.length)] as T;
  }

  /** These options with a probability of `percent`. */
  maybe<T extends object>(percent: number, options: () => T): T | Record<string, never> {
    return this.#draw(100) < percent ? options() : {};
  }

  /** A multiple of 1/16. */
  between(least: number, most: number): number {
    return this.from(least * 16, most * 16) / 16;
  }
}

/** The random cases of one test. */
export interface Series {
  /** The first case number; series are 1000 apart. */
  from: number;
  change?(one: OptionCase): OptionCase;
  accepts(one: OptionCase, given: Given): boolean;
}

/** Case `n`; if none of ten draws is accepted, another case replaces it. */
export function randomDraw(n: number, { from, change = (one) => one, accepts }: Series) {
  for (let more = from; more < from + 1000; more++) {
    const one = change(randomCase(SEED, n, more));
    const given = drawUntil(accepts, one, `${SEED}/${n}/${more}`, 10);
    if (given) return { one, given };
  }
  throw new Error(`no case ${n} is accepted, OPTIONS_SEED=${SEED}`);
}

/** Runs `check`, and puts the case into the message of its error. */
export function withCase(one: OptionCase, check: () => void): void {
  try {
    check();
  } catch (error) {
    (error as Error).message = `${JSON.stringify(one)}: ${(error as Error).message}`;
    throw error;
  }
}

/** A case of awkward sizes; a higher `more` replaces a case that is not accepted. */
function randomCase(seed: number, n: number, more: number): OptionCase {
  const dice = new Dice(seed, n, more);
  const kind = dice.one<Kind>(['LSTM', 'LSTM', 'GRU', 'RNN']);
  const [inputSize, hiddenSize] = [dice.from(1, 6), dice.from(1, 9)];
  const [batch, time] = [dice.from(1, 4), dice.from(1, 7)];
  const options: Options = {
    ...directions(dice),
    ...everyLayer(dice, kind),
    ...(kind === 'LSTM' && lstmOnly(dice, hiddenSize)),
    ...(kind === 'GRU' && { resetAfter: dice.one([true, false]) }),
  };
  const states = (['h0', 'c0'] as const).filter(
    (name) => (name === 'h0' || kind === 'LSTM') && dice.from(0, 1),
  );
  return {
    ...{ kind, inputSize, hiddenSize, batch, time, options, states },
    ...dice.maybe(40, () => ({ lengths: Array.from({ length: batch }, () => dice.from(1, time)) })),
    ...dice.maybe(35, () => ({ mask: Array.from({ length: batch * time }, () => dice.one([0, 1, 1])) })),
  };
}

function directions(dice: Dice): Options {
  const merge = dice.one(['concat', 'sum', 'mul', 'average'] as const);
  return {
    numLayers: dice.one([1, 1, 2, 3]),
    ...dice.one<Options>([{ bidirectional: true, merge }, { reverse: true }, {}, {}]),
  };
}

function everyLayer(dice: Dice, kind: Kind): Options {
  return {
    bias: dice.one([true, true, 'single', false] as const),
    ...dice.maybe(20, () => ({ returnSequences: false })),
    ...dice.maybe(20, () => ({ clip: dice.between(0.25, 2) })),
    ...dice.maybe(25, () => ({ zoneout: zoneout(dice, kind) })),
    ...dice.maybe(30, () => ({ learnInitial: true })),
    ...dice.maybe(40, () => ({ maskedOutput: dice.one(['repeat', 'zeros'] as const) })),
    ...dice.maybe(40, () => ({ activations: activations(dice, kind) })),
  };
}

function zoneout(dice: Dice, kind: Kind): NonNullable<Options['zoneout']> {
  const p = () => dice.between(0, 0.875);
  if (kind !== 'LSTM') return dice.one([p(), { h: p() }]);
  return dice.one([p(), { h: p() }, { c: p() }, { h: p(), c: p() }]);
}

function activations(dice: Dice, kind: Kind): ActivationSpec[] {
  const usual = ['sigmoid', 'hardSigmoid', 'tanh', 'softsign'] as const;
  const any = () => spec(dice, dice.one(ACTIVATION_NAMES));
  const gate = () => spec(dice, dice.one([dice.one(usual), dice.one(usual), dice.one(ACTIVATION_NAMES)]));
  return { LSTM: () => [gate(), any(), any()], GRU: () => [gate(), any()], RNN: () => [any()] }[kind]();
}

/** Sometimes with its own alpha and beta, if it has them. */
function spec(dice: Dice, name: (typeof ACTIVATION_NAMES)[number]): ActivationSpec {
  const alpha = dice.between(0.125, 1);
  const beta = dice.between(0.125, 0.75);
  if (name === 'hardSigmoid' || name === 'scaledTanh' || name === 'affine')
    return dice.one<ActivationSpec>([name, { name, alpha }, { name, beta }, { name, alpha, beta }]);
  if (name === 'leakyRelu' || name === 'thresholdedRelu' || name === 'elu')
    return dice.one<ActivationSpec>([name, { name, alpha }]);
  return name;
}

function lstmOnly(dice: Dice, hiddenSize: number): Options {
  const options: Options = {
    ...(hiddenSize > 1 && dice.maybe(30, () => ({ projSize: dice.from(1, hiddenSize - 1) }))),
    ...dice.maybe(35, () => ({ peepholes: true })),
    ...dice.maybe(25, () => ({ cellClip: dice.between(0.25, 1.5) })),
    ...dice.one<Options>([{}, {}, norm(dice, 'gate'), norm(dice, 'cell')]),
    ...dice.maybe(25, () => ({ coupled: true })),
  };
  // Its statistics include the gate that coupling leaves out.
  if (options.layerNorm === 'cell') delete options.coupled;
  return options;
}

function norm(dice: Dice, layerNorm: 'cell' | 'gate'): Options {
  return { layerNorm, ...dice.maybe(50, () => ({ normEpsilon: dice.one([1e-5, 1e-3, 0.125]) })) };
}
