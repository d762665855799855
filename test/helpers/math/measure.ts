/*
 * How far the core's exp, sigmoid and tanh are from the truth. Floats are taken in ascending order, by their place among
 * all 2^32: NaNs with the sign bit, -Infinity … -0, 0 … Infinity, the other NaNs.
 */

/** What is used of the core here: its own ABI. */
export interface ActivationCore {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  activationForward(y: number, x: number, count: number, kind: number, alpha: number, beta: number): void;
}

export const FUNCTIONS = ['exp', 'sigmoid', 'tanh'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

interface Subject {
  /** In the order of assembly/kernels/activation.ts. */
  kind: number;
  /** In double precision. */
  reference(x: number): number;
  /** What comes out exactly: `bottom` below `low`, `top` above `high`, and the value at 0, which may have the sign of x. */
  low: number;
  bottom: number;
  high: number;
  top: number;
  zero: number;
}

/** Half a unit in the last place above the largest float: from here on a result rounds to infinity. */
const OVERFLOW = 3.4028235677973366e38;
const SMALLEST_NORMAL = 2 ** -126;
const UNIT = 2 ** -24;
/** Below it two or three terms of a series are exact to 2^-40, and much cheaper than the engine's functions. */
const SMALL = 2 ** -12;
const THIRD = 1 / 3;

const SUBJECTS: Record<FunctionName, Subject> = {
  exp: {
    kind: 3,
    reference: (x) => (x < SMALL && x > -SMALL ? 1 + x + x * x * 0.5 : Math.exp(x)),
    ...{ low: -104, bottom: 0, high: 89, top: Infinity, zero: 1 },
  },
  sigmoid: {
    kind: 1,
    reference(x) {
      if (x < SMALL && x > -SMALL) return 0.5 + x * 0.25;
      // Where 1 / (1 + e^-x) would lose the small result's digits, there is this form.
      const e = Math.exp(x < 0 ? x : -x);
      return x < 0 ? e / (1 + e) : 1 / (1 + e);
    },
    ...{ low: -104, bottom: 0, high: 18, top: 1, zero: 0.5 },
  },
  tanh: {
    kind: 0,
    reference: (x) => (x < SMALL && x > -SMALL ? x - x * x * x * THIRD : Math.tanh(x)),
    ...{ low: -9.5, bottom: -1, high: 9.5, top: 1, zero: 0 },
  },
};

export interface Errors {
  /** The largest error where the result is normal, in ULP of the truth, and for which x. */
  ulp: number;
  at: number;
  /** The largest absolute error where the truth is below 2^-126. */
  tiny: number;
  /** How many results differ from what must come out exactly, NaNs among them; the first ones in words. */
  wrong: number;
  faults: string[];
  /** How many results are below that of the float before. */
  decreases: number;
  first: number;
  last: number;
  /** A hash of the results' bits, to compare two binaries. All NaNs count as equal. */
  hash: number;
}

export function noErrors(): Errors {
  return { ulp: 0, at: 0, tiny: 0, wrong: 0, faults: [], decreases: 0, first: NaN, last: NaN, hash: 0 };
}

/** `next` belongs to the floats right after those of `errors`. */
export function join(errors: Errors, next: Errors): Errors {
  const worse = next.ulp > errors.ulp ? next : errors;
  return {
    ulp: worse.ulp,
    at: worse.at,
    tiny: Math.max(errors.tiny, next.tiny),
    wrong: errors.wrong + next.wrong,
    faults: [...errors.faults, ...next.faults].slice(0, MOST_FAULTS),
    decreases: errors.decreases + next.decreases + (next.first < errors.last ? 1 : 0),
    first: Number.isNaN(errors.first) ? next.first : errors.first,
    last: Number.isNaN(next.last) ? errors.last : next.last,
    hash: Math.imul(errors.hash, 31) + next.hash,
  };
}

const MOST_FAULTS = 5;
const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);

/** The distance of neighbouring floats in the binade of a double, which is in float's normal range. */
function spacing(value: number): number {
  double[0] = value;
  doubleWords[1] = (doubleWords[1] & 0x7ff00000) - (23 << 20);
  doubleWords[0] = 0;
  return double[0];
}

/** Takes in the results y of ascending x. Written for speed: it runs 2^32 times a function and binary. */
export function examine(errors: Errors, name: FunctionName, x: Float32Array, y: Float32Array): void {
  const { reference, low, high, bottom, top } = SUBJECTS[name];
  const bits = new Int32Array(y.buffer, y.byteOffset, y.length);
  let { ulp, at, tiny, hash, decreases, first, last } = errors;
  // Half of all floats are beyond the ends: there a glance will do, once the constant has begun.
  if (x[0] <= x[x.length - 1]) {
    const constant = x[0] > high ? top : x[x.length - 1] < low ? bottom : NaN;
    if (last === constant && all(bits, constant)) return;
  }
  for (let n = 0; n < x.length; n++) {
    const input = x[n];
    const result = y[n];
    if (Number.isNaN(result) || Number.isNaN(input)) {
      if (Number.isNaN(result) !== Number.isNaN(input)) fault(errors, name, input, result, NaN);
      continue;
    }
    hash = Math.imul(hash ^ bits[n], 0x01000193);
    if (Number.isNaN(first)) first = result;
    if (result < last) decreases++;
    last = result;
    if (input < low || input > high || input === 0) {
      checkExact(errors, name, input, result);
      continue;
    }
    const truth = reference(input);
    if (truth >= OVERFLOW || result === Infinity) {
      if (result !== Infinity || truth < OVERFLOW) fault(errors, name, input, result, truth);
      continue;
    }
    const error = Math.abs(result - truth);
    if (truth < SMALLEST_NORMAL && truth > -SMALLEST_NORMAL) {
      if (error > tiny) tiny = error;
      continue;
    }
    // A float's unit is more than 2^-24 of it: the exact one is asked for only where there may be a new record.
    if (error > ulp * UNIT * Math.abs(truth) && error > ulp * spacing(truth)) {
      ulp = error / spacing(truth);
      at = input;
    }
  }
  Object.assign(errors, { ulp, at, tiny, hash, decreases, first, last });
}

/** By the bits, which tell -0 from 0. */
function all(bits: Int32Array, constant: number): boolean {
  const wanted = new Int32Array(Float32Array.of(constant).buffer)[0];
  for (let n = 0; n < bits.length; n++) if (bits[n] !== wanted) return false;
  return true;
}

function checkExact(errors: Errors, name: FunctionName, x: number, result: number): void {
  const { bottom, top, zero, low, high } = SUBJECTS[name];
  // tanh(-0) is -0; the other values at zero are not zero.
  const wanted = x < low ? bottom : x > high ? top : zero === 0 ? x : zero;
  if (!Object.is(result, wanted)) fault(errors, name, x, result, wanted);
}

function fault(errors: Errors, name: string, x: number, result: number, wanted: number): void {
  errors.wrong++;
  if (errors.faults.length < MOST_FAULTS)
    errors.faults.push(`${name}(${x}) gave ${result}, expected ${wanted}`);
}

/** The bits of the float at `place` of the ascending order. */
export function bitsAt(place: number): number {
  return (place < 0x80000000 ? ~place : place ^ 0x80000000) >>> 0;
}

/** The place of a float in the ascending order. */
export function placeOf(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0];
  return (bits >= 0x80000000 ? ~bits : bits ^ 0x80000000) >>> 0;
}

const BLOCK = 1 << 16;

/** All floats at the places `from` … `to` − 1. */
export function measureAll(core: ActivationCore, name: FunctionName, from: number, to: number): Errors {
  const errors = noErrors();
  const at = core.allocate(8 * BLOCK) >>> 0;
  for (let place = from; place < to; place += BLOCK) {
    const count = Math.min(BLOCK, to - place);
    const bits = new Uint32Array(core.memory.buffer, at, count);
    for (let n = 0; n < count; n++) bits[n] = bitsAt(place + n);
    run(core, errors, name, at, count);
  }
  return errors;
}

/** The floats at the places given, which ascend. */
export function measureAt(core: ActivationCore, name: FunctionName, places: readonly number[]): Errors {
  const errors = noErrors();
  const at = core.allocate(8 * BLOCK) >>> 0;
  for (let start = 0; start < places.length; start += BLOCK) {
    const some = places.slice(start, start + BLOCK);
    new Uint32Array(core.memory.buffer, at, some.length).set(some.map(bitsAt));
    run(core, errors, name, at, some.length);
  }
  return errors;
}

function run(core: ActivationCore, errors: Errors, name: FunctionName, x: number, count: number): void {
  const y = x + 4 * BLOCK;
  core.activationForward(y, x, count, SUBJECTS[name].kind, 0, 0);
  const { buffer } = core.memory;
  examine(errors, name, new Float32Array(buffer, x, count), new Float32Array(buffer, y, count));
}
