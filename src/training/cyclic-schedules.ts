import {
  checkBoolean,
  checkNotNegative,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkPositive,
  checkSize,
} from '../validation/options.js';

/** See {@link oneCycleLR}. */
export interface OneCycleLR {
  readonly type: 'oneCycleLR';
  readonly maxLr: number;
  readonly totalSteps: number;
  readonly pctStart: number;
  readonly annealStrategy: 'cos' | 'linear';
  readonly divFactor: number;
  readonly finalDivFactor: number;
  readonly threePhase: boolean;
}

/** See {@link cosineAnnealingWarmRestarts}. */
export interface CosineAnnealingWarmRestarts {
  readonly type: 'cosineAnnealingWarmRestarts';
  readonly t0: number;
  readonly tMult: number;
  readonly etaMin: number;
}

const STRATEGIES = ['cos', 'linear'] as const;

/**
 * The one-cycle schedule (Smith & Topin 2019), as PyTorch's `OneCycleLR` with `cycle_momentum=False`: the rate rises from
 * `maxLr / divFactor` to `maxLr` in the first `pctStart * totalSteps` steps, then falls to `maxLr / divFactor / finalDivFactor` at
 * step `totalSteps` and stays there. It replaces the rates of the optimizer. The same bits in every engine.
 *
 * @param options - `maxLr`, a rate; `totalSteps` in steps; `pctStart` in [0, 1], default 0.3; `annealStrategy`, default `cos`;
 *   `divFactor`, default 25; `finalDivFactor`, default 10,000; `threePhase`: whether the rate first falls back to `maxLr / divFactor`,
 *   in the same number of steps as the rise, default false
 * @throws TypeError for an argument of the wrong type or an unknown option, RangeError for a value out of range
 * @example
 * ```ts
 * import { Adam, Linear, mse, oneCycleLR, Trainer } from 'lstm-wasm';
 * const model = new Linear(1, 1);
 * const optimizer = new Adam(model);
 * const trainer = new Trainer(model, { loss: mse, optimizer, schedule: oneCycleLR({ maxLr: 1, totalSteps: 10 }) });
 * const one = { data: new Float32Array([1]), shape: [1, 1] };
 * const rates = [1, 2, 3].map(() => trainer.trainStep({ input: one, target: one }) && optimizer.lr.toFixed(2));
 * console.log(rates); // [ '0.04', '0.52', '1.00' ]
 * ```
 */
export function oneCycleLR(
  options: Pick<OneCycleLR, 'maxLr' | 'totalSteps'> & Partial<Omit<OneCycleLR, 'type'>>,
): OneCycleLR {
  const known = [
    'maxLr',
    'totalSteps',
    'pctStart',
    'annealStrategy',
    'divFactor',
    'finalDivFactor',
    'threePhase',
  ];
  checkOptions(options, known, 'oneCycleLR');
  const {
    pctStart = 0.3,
    annealStrategy = 'cos',
    divFactor = 25,
    finalDivFactor = 1e4,
    threePhase = false,
  } = options;
  return Object.freeze({
    type: 'oneCycleLR',
    maxLr: checkNotNegative('maxLr', options.maxLr),
    totalSteps: checkSize('totalSteps', options.totalSteps),
    pctStart: checkNumber('pctStart', pctStart, 'a number in [0, 1]', (x) => x >= 0 && x <= 1),
    annealStrategy: checkOneOf('annealStrategy', annealStrategy, STRATEGIES),
    divFactor: checkPositive('divFactor', divFactor),
    finalDivFactor: checkPositive('finalDivFactor', finalDivFactor),
    threePhase: checkBoolean('threePhase', threePhase),
  });
}

/**
 * Cosine annealing with warm restarts (Loshchilov & Hutter 2017), as PyTorch's `CosineAnnealingWarmRestarts`: the rate falls from the
 * optimizer's to `etaMin` along half a cosine in `t0` steps, starts again, and each next period is `tMult` times as long. The same bits
 * in every engine.
 *
 * @param options - `t0` in steps; `tMult`, a whole number, default 1; `etaMin`, a rate, default 0
 * @throws as {@link oneCycleLR}
 */
export function cosineAnnealingWarmRestarts(
  options: Pick<CosineAnnealingWarmRestarts, 't0'> & Partial<Omit<CosineAnnealingWarmRestarts, 'type'>>,
): CosineAnnealingWarmRestarts {
  checkOptions(options, ['t0', 'tMult', 'etaMin'], 'cosineAnnealingWarmRestarts');
  const { t0, tMult = 1, etaMin = 0 } = options;
  return Object.freeze({
    type: 'cosineAnnealingWarmRestarts',
    t0: checkSize('t0', t0),
    tMult: checkSize('tMult', tMult),
    etaMin: checkNotNegative('etaMin', etaMin),
  });
}
