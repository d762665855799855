import { readFileSync, writeFileSync } from 'node:fs';

const stored = new URL('expected.json', import.meta.url);
const vectors = new URL('../vectors/recurrent.json', import.meta.url);

const { configs } = JSON.parse(readFileSync(vectors, 'utf8'));

/** The stored results of training: the hash of the weights, losses and samples of simd, and its losses and logits. */
const expected = JSON.parse(readFileSync(stored, 'utf8'));

/** Stores new results, after a change that is meant to change the bits. */
export function store({ simd: { training } }) {
  writeFileSync(stored, `${JSON.stringify(training, null, 1)}\n`);
}

/** Each check returns what to print, or throws an Error. */
export const CHECKS = {
  binary: ({ first, simd }) => {
    check(String(first) === '1,2,5', `the first prediction has shape ${first}`);
    check(simd.variant === 'simd', `the default binary is ${simd.variant}`);
    return simd.variant;
  },
  PyTorch: ({ simd, relaxed }) => {
    againstTorch(simd.reference);
    againstTorch(relaxed.reference);
    return 'ok';
  },
  'same bits': ({ simd: { training } }) => {
    const { hash } = training;
    if (hash !== expected.hash) {
      const at = training.losses.findIndex((loss, n) => loss !== expected.losses[n]);
      throw new Error(
        `hash ${hash} for ${expected.hash}; ${at < 0 ? 'the losses are the same' : `the losses differ from step ${at + 1} on`}`,
      );
    }
    return hash.slice(0, 8);
  },
  relaxed: ({ simd, relaxed }) => {
    const { hash, losses, logits } = relaxed.training;
    close('losses', losses, expected.losses, 1e-4);
    close('logits', logits, expected.logits, 1e-3);
    if (relaxed.variant === 'simd') return 'simd';
    return hash === simd.training.hash ? 'unfused' : 'fused';
  },
  stream: ({ simd, relaxed }) => {
    for (const { values, varied, different } of [simd.stream, relaxed.stream])
      check(different === 0 && varied > values / 2, `${different} of ${values} values differ`);
    return 'ok';
  },
  error: ({ refusal }) => {
    const { name, message, isRangeError, usable } = refusal;
    check(isRangeError && name === 'RangeError', `it threw ${name}`);
    check(/\[batch, time, 3\] or \[time, 3\].* got \[1, 2, 4\]/.test(message), message);
    check(String(usable) === '1,2,5', 'the layer is not usable afterwards');
    return name;
  },
  'second runtime': ({ isolation: { alike, apart, mixed, own } }) => {
    check(alike && apart && own && mixed === 'TypeError', JSON.stringify({ alike, apart, mixed, own }));
    return 'ok';
  },
};

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function againstTorch({ id, forward, gradients, parameters }) {
  const config = configs.find((config) => config.id === id);
  for (const [group, actual] of Object.entries({ forward, gradients, parameters })) {
    for (const [name, entry] of Object.entries(config[group])) {
      const { max, values } = typeof entry === 'string' ? config[group][entry] : entry;
      close(`${group} ${name}`, actual[name], values, 2e-6 + 1e-5 * max);
    }
  }
}

function close(name, actual, values, tolerance) {
  check(actual?.length === values.length, `${name}: ${actual?.length} values for ${values.length}`);
  const furthest = Math.max(...values.map((value, n) => Math.abs(actual[n] - value)));
  check(furthest <= tolerance, `${name}: ${furthest} apart`);
}

/** Runs the checks on one report. @returns the cells of its table row, and the errors. Of a report with `alone`, only `also` is checked. */
export function checkReport(report) {
  if (report.failed) return { cells: {}, errors: [report.failed] };
  const cells = {};
  const errors = [];
  for (const [name, test] of report.alone ? [] : Object.entries(CHECKS)) {
    try {
      cells[name] = test(report);
    } catch (error) {
      cells[name] = 'FAILED';
      errors.push(`${name}: ${error.message}`);
    }
  }
  for (const [name, result] of Object.entries(report.also ?? {}))
    if (result !== true) errors.push(`${name}: ${result}`);
  cells.also = Object.keys(report.also ?? {}).join(', ');
  return { cells, errors };
}
