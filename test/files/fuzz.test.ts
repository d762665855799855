import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/files/index.js';
import { Adam, crossEntropy, LSTM, type Runtime, Trainer } from '../../src/index.js';
import { expectBits, tensor } from '../helpers/bits.js';
import { seededIntegers } from '../helpers/random.js';
import { trained } from '../helpers/trained-file.js';
import { variants } from '../helpers/variants.js';

/** Text and numbers damaged at random places: at worst another model. */
function damage(file: Uint8Array, draw: (limit: number) => number): Uint8Array {
  const copy = file.slice();
  if (draw(5) === 0) return copy.subarray(0, draw(copy.length));
  const header = Number(new DataView(copy.buffer).getBigUint64(0, true));
  for (let n = 1 + draw(4); n > 0; n--) {
    const at = draw(4) > 0 ? draw(8 + header) : draw(copy.length);
    // A digit becomes another one as often as not: that leaves the file whole.
    const digit = copy[at] >= 48 && copy[at] < 58 && draw(2) === 0;
    copy[at] = digit ? 48 + draw(10) : copy[at] ^ (1 << draw(8));
  }
  return copy;
}

function tryFile(file: Uint8Array, runtime: Runtime): string {
  try {
    const { model, training } = loadModel(file, { runtime });
    try {
      if (training === undefined) return 'loaded';
      const trainer = new Trainer(model, { loss: crossEntropy as never, optimizer: new Adam(model) });
      try {
        trainer.loadStateDict(training.trainer);
        const one = { input: new Int32Array(3).fill(1), target: new Int32Array(3), reset: true };
        trainer.trainStep(one as never);
      } finally {
        trainer.optimizer.dispose();
      }
      return 'trained';
    } finally {
      model.dispose();
    }
  } catch (error) {
    const { name, message } = error as Error;
    // A step may find out that what was loaded leads nowhere.
    const expected = error instanceof RangeError || error instanceof TypeError || /^step \d+: /.test(message);
    if (!expected || message === '') throw error;
    return name;
  }
}

function checkFuzz(runtime: Runtime) {
  const file = trained(runtime);
  const canary = new LSTM(5, 7, { runtime });
  const input = tensor('input', 3, 9, 5);
  const { output } = canary.forward(input);
  const seen: Record<string, number> = {};
  const round = () => {
    for (let seed = 1; seed <= 300; seed++) {
      const damaged = damage(file, seededIntegers(seed * 7919));
      const start = performance.now();
      const outcome = tryFile(damaged, runtime);
      seen[outcome] = (seen[outcome] ?? 0) + 1;
      expect(performance.now() - start, `milliseconds of seed ${seed}`).toBeLessThan(2000);
    }
    expectBits('another layer', canary.forward(input).output, output);
  };
  round();
  const memory = runtime.memoryBytes;
  for (let n = 0; n < 4; n++) round();
  expect(runtime.memoryBytes).toBe(memory);
  expect(tryFile(file, runtime)).toBe('trained');
  expect(seen.RangeError).toBeGreaterThan(500);
  expect((seen.trained ?? 0) + (seen.loaded ?? 0)).toBeGreaterThan(50);
}

for (const { name, create } of variants) {
  describe(`model files damaged at random [${name}]`, () => {
    it('300 of them', () => checkFuzz(create()));
  });
}
