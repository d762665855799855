import { describe, expect, it } from 'vitest';
import { FUNCTIONS, measureAt, placeOf } from '../helpers/math/measure.js';
import { type Variant, variants } from '../helpers/variants.js';

/*
 * A sample of what test/slow/math.test.ts measures over all floats: every 65,537th, and the neighbourhoods of the places
 * where a routine begins, ends, or changes from one piece to the next.
 */

const STRIDE = 65_537;
const NEIGHBOURS = 16;

/** Ascending places in the order of all floats. */
function samplePlaces(): number[] {
  const places: number[] = [];
  for (let place = 0; place < 2 ** 32; place += STRIDE) places.push(place);
  const around = (x: number) => {
    for (let n = -NEIGHBOURS; n <= NEIGHBOURS; n++) places.push(placeOf(x) + n);
  };
  for (const x of [...seams(), ...ends()]) {
    around(x);
    around(-x);
  }
  const inRange = places.filter((place) => place >= 0 && place < 2 ** 32);
  return [...Float64Array.from(new Set(inRange)).sort()];
}

/** Where exp's n and tanh's formula change; quarters, because tanh takes exp(2x) at half-way between whole n. */
function seams(): number[] {
  const steps = Array.from({ length: 4 * 152 }, (_, n) => (n * Math.LN2) / 4);
  return [0.55, ...steps];
}

/** Zero, the subnormals and infinity, where results saturate or leave the normal range, and where arguments are cut. */
function ends(): number[] {
  const powers = Array.from({ length: 277 }, (_, n) => 2 ** (n - 149));
  return [0, ...powers, 3.4028234663852886e38, Infinity, ...saturations()];
}

function saturations(): number[] {
  return [9.010913, 17.328679, 20, 40, 86.9, 87, 87.33655, 88, 88.72284, 89, 103.97208, 104];
}

const places = samplePlaces();

function suite({ name, create }: Variant) {
  describe(`exp, sigmoid and tanh over a sample of all floats [${name}]`, () => {
    const { core } = create();
    it.each(FUNCTIONS)('%s', (routine) => {
      const { ulp, tiny, wrong, faults, decreases } = measureAt(core, routine, places);
      expect(faults).toEqual([]);
      expect(wrong).toBe(0);
      expect(ulp).toBeLessThanOrEqual(2);
      expect(tiny).toBeLessThanOrEqual(2 ** -126);
      expect(decreases).toBe(0);
    });

    it('at zeros, infinities and NaN', () => {
      const values = (x: number[], kind: number) => activate(core, Float32Array.from(x), kind);
      expect(values([NaN, -Infinity, -0, 0, Infinity], 3)).toEqual([NaN, 0, 1, 1, Infinity]);
      expect(values([NaN, -Infinity, -0, 0, Infinity], 1)).toEqual([NaN, 0, 0.5, 0.5, 1]);
      expect(values([NaN, -Infinity, -0, 0, Infinity], 0)).toEqual([NaN, -1, -0, 0, 1]);
      expect(values([NaN, -Infinity, -1, 2, Infinity], 2)).toEqual([NaN, 0, 0, 2, Infinity]);
    });

    it.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 17])('%i values, and not one more', (count) => {
      const x = Float32Array.from({ length: count }, (_, n) => (n - 4) / 3);
      for (const kind of [0, 1, 2, 3]) {
        const alone = [...x].map((value) => activate(core, Float32Array.of(value), kind)[0]);
        expect(activate(core, x, kind)).toEqual(alone);
      }
    });
  });
}

/** y of x through the ABI, with a guard behind it. */
function activate(core: ReturnType<Variant['create']>['core'], x: Float32Array, kind: number): number[] {
  const at = core.allocate(512) >>> 0;
  const y = at + 256;
  const memory = new Float32Array(core.memory.buffer);
  memory.set(x, at >> 2);
  memory[(y >> 2) + x.length] = 77;
  core.activationForward(y, at, x.length, kind, 0, 0);
  expect(memory[(y >> 2) + x.length]).toBe(77);
  core.free(at);
  return [...memory.subarray(y >> 2, (y >> 2) + x.length)];
}

variants.forEach(suite);
