import { describe, expect, it } from 'vitest';
import {
  type Batch,
  cosineAnnealingWarmRestarts,
  Linear,
  mse,
  oneCycleLR,
  type Runtime,
  type Schedule,
  SGD,
  sequentialLR,
  type Tensor,
  Trainer,
} from '../../src/index.js';
import { tensor } from '../helpers/bits.js';
import { type Variant, variants } from '../helpers/variants.js';

const batch: Batch<Tensor> = { input: tensor('x', 2, 3), target: tensor('y', 2, 5) };

function begin(runtime: Runtime, schedule: Schedule) {
  const model = new Linear(3, 5, { runtime });
  return new Trainer<Tensor>(model, { loss: mse, optimizer: new SGD(model, { lr: 0.1 }), schedule });
}

function rates(trainer: Trainer<Tensor>, steps: number): number[] {
  return Array.from({ length: steps }, () => {
    trainer.trainStep(batch);
    return trainer.optimizer.lr;
  });
}

const cos = (from: number, to: number, part: number) =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part));
const line = (from: number, to: number, part: number) => from + (to - from) * part;

/** PyTorch's `OneCycleLR._compute_lr`, written as it is there. */
function torchOneCycle(
  total: number,
  pct: number,
  three: boolean,
  [initial, max, min]: number[],
  anneal: typeof cos,
) {
  const phases = three
    ? [
        { end: pct * total - 1, from: initial, to: max },
        { end: 2 * pct * total - 2, from: max, to: initial },
        { end: total - 1, from: initial, to: min },
      ]
    : [
        { end: pct * total - 1, from: initial, to: max },
        { end: total - 1, from: max, to: min },
      ];
  return (step: number) => {
    let start = 0;
    for (const [n, { end, from, to }] of phases.entries()) {
      if (step <= end || n === phases.length - 1) return anneal(from, to, (step - start) / (end - start));
      start = end;
    }
    return Number.NaN;
  };
}

/** PyTorch's `CosineAnnealingWarmRestarts.step`: T_cur goes up by one, and T_i grows at each restart. */
function torchRestarts(t0: number, tMult: number, etaMin: number) {
  const all: number[] = [];
  for (let [t, period] = [0, t0]; all.length < 80; t++) {
    if (t >= period) [t, period] = [0, period * tMult];
    all.push(etaMin + ((0.1 - etaMin) * (1 + Math.cos((Math.PI * t) / period))) / 2);
  }
  return (step: number) => all[step];
}

const CASES: Record<string, [schedule: Schedule, rate: (step: number) => number, steps: number]> = {
  'one cycle': [
    oneCycleLR({ maxLr: 1, totalSteps: 50 }),
    torchOneCycle(50, 0.3, false, [0.04, 1, 4e-6], cos),
    50,
  ],
  'one cycle, linear': [
    oneCycleLR({ maxLr: 0.3, totalSteps: 37, pctStart: 0.25, annealStrategy: 'linear', divFactor: 10 }),
    torchOneCycle(37, 0.25, false, [0.03, 0.3, 3e-6], line),
    37,
  ],
  'one cycle in three phases': [
    oneCycleLR({ maxLr: 2, totalSteps: 60, threePhase: true, divFactor: 4, finalDivFactor: 100 }),
    torchOneCycle(60, 0.3, true, [0.5, 2, 0.005], cos),
    60,
  ],
  'one cycle that only falls': [
    oneCycleLR({ maxLr: 1, totalSteps: 20, pctStart: 0 }),
    (step) => cos(1, 4e-6, (step + 1) / 20),
    20,
  ],
  restarts: [cosineAnnealingWarmRestarts({ t0: 7 }), torchRestarts(7, 1, 0), 60],
  'longer restarts': [
    cosineAnnealingWarmRestarts({ t0: 4, tMult: 2, etaMin: 0.01 }),
    torchRestarts(4, 2, 0.01),
    70,
  ],
};

function suite({ name, create }: Variant) {
  describe(`cyclic schedules [${name}]`, () => {
    it.each(Object.entries(CASES))('%s, as PyTorch', (_, [schedule, rate, steps]) => {
      const seen = rates(begin(create(), schedule), steps);
      for (const [t, lr] of seen.entries()) expect(lr, `step ${t}`).toBeCloseTo(rate(t), 14);
    });

    it('numbers of its definition', () => {
      const cycle = rates(begin(create(), oneCycleLR({ maxLr: 1, totalSteps: 10 })), 12);
      for (const [t, lr] of [
        [0, 0.04],
        [1, 0.52],
        [2, 1],
        [9, 4e-6],
        [11, 4e-6],
      ])
        expect(cycle[t]).toBeCloseTo(lr, 14);
      const restarts = rates(begin(create(), cosineAnnealingWarmRestarts({ t0: 4, tMult: 2 })), 13);
      for (const [t, lr] of [
        [0, 0.1],
        [2, 0.05],
        [4, 0.1],
        [8, 0.05],
        [12, 0.1],
      ])
        expect(restarts[t]).toBeCloseTo(lr, 14);
    });

    it('a cycle of one step, or whose rise is one step', () => {
      expect(rates(begin(create(), oneCycleLR({ maxLr: 1, totalSteps: 1 })), 2)[1]).toBeCloseTo(4e-6, 14);
      expect(rates(begin(create(), oneCycleLR({ maxLr: 1, totalSteps: 10, pctStart: 0.1 })), 1)).toEqual([1]);
    });

    it('goes on from a state, and after another schedule', () => {
      const schedule = sequentialLR(
        [cosineAnnealingWarmRestarts({ t0: 3 }), oneCycleLR({ maxLr: 1, totalSteps: 10 })],
        {
          milestones: [7],
        },
      );
      const whole = rates(begin(create(), schedule), 15);
      expect(whole.slice(7, 10).map((lr) => lr.toFixed(2))).toEqual(['0.04', '0.52', '1.00']);
      const first = begin(create(), schedule);
      const start = rates(first, 5);
      const second = begin(create(), schedule);
      second.loadStateDict(first.stateDict());
      expect([...start, ...rates(second, 10)]).toEqual(whole);
    });
  });
}

variants.forEach(suite);

describe('cyclic schedules are checked', () => {
  it.each([
    [() => oneCycleLR({ maxLr: -1, totalSteps: 5 }), RangeError, /^maxLr expected/],
    [() => oneCycleLR({ maxLr: 1 } as never), TypeError, /^totalSteps expected/],
    [() => oneCycleLR({ maxLr: 1, totalSteps: 0 }), RangeError, /^totalSteps expected/],
    [() => oneCycleLR({ maxLr: 1, totalSteps: 5, pctStart: 1.1 }), RangeError, /^pctStart expected/],
    [
      () => oneCycleLR({ maxLr: 1, totalSteps: 5, annealStrategy: 'sin' as never }),
      RangeError,
      /^annealStrategy/,
    ],
    [() => oneCycleLR({ maxLr: 1, totalSteps: 5, divFactor: 0 }), RangeError, /^divFactor expected/],
    [
      () => oneCycleLR({ maxLr: 1, totalSteps: 5, max_lr: 1 } as never),
      TypeError,
      /"max_lr"; did you mean "maxLr"/,
    ],
    [() => cosineAnnealingWarmRestarts({ t0: 0 }), RangeError, /^t0 expected/],
    [() => cosineAnnealingWarmRestarts({ t0: 4, tMult: 1.5 }), RangeError, /^tMult expected/],
    [() => cosineAnnealingWarmRestarts({ t0: 4, etaMin: Number.NaN }), RangeError, /^etaMin expected/],
  ] as const)('%#', (act, kind, message) => {
    expect(act).toThrow(kind);
    expect(act).toThrow(message);
  });
});
