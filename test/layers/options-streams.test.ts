import { describe, expect, it } from 'vitest';
import type { Runtime, Stream, Tensor } from '../../src/index.js';
import { expectBits, slice } from '../helpers/bits.js';
import {
  build,
  caseOf,
  drawFor,
  forwardOptions,
  type Given,
  moderate,
  type OptionCase,
  tensorOf,
} from '../helpers/options.js';
import { randomDraw, SEED, withCase } from '../helpers/random-options.js';
import { SINGLE_OPTIONS } from '../helpers/single-options.js';
import { type Variant, variants } from '../helpers/variants.js';

const SIZES = { batch: 3, time: 6 };

/** Every option of a layer that runs forward, over all steps, in two levels. */
const CAUSAL = SINGLE_OPTIONS.filter(
  ({ options: { bidirectional, reverse, returnSequences }, more: { lengths, mask } }) =>
    !(bidirectional || reverse || returnSequences === false || lengths || mask),
);

function expectSteps(stream: Stream, input: Tensor, output: Tensor) {
  for (let t = 0; t < input.shape[1]; t++)
    expectBits(`step ${t}`, stream.step(slice(input, 1, t).data), slice(output, 1, t).data);
}

function check(one: OptionCase, given: Given, runtime: Runtime) {
  // Dropouts do nothing where nothing is trained.
  const layer = build(one, given, runtime, { inputDropout: 0.5, recurrentDropout: 0.5, dropout: 0.5 });
  const input = tensorOf(given.input);
  const states = forwardOptions(one, given);
  const whole = layer.forward(input, states);
  const stream = layer.stream({ batch: one.batch, ...states });
  expectSteps(stream, input, whole.output);
  expectBits('h', stream.state['h'], whole.hN);
  expectBits('c', stream.state['c'], whole.cN);

  const fresh = layer.forward(input).output;
  stream.reset();
  expectSteps(stream, input, fresh);
  const row = one.batch - 1;
  stream.reset([row]);
  const again = stream.step(slice(input, 1, 0).data);
  const width = fresh.shape[2] as number;
  const first = slice(slice(fresh, 0, row), 1, 0);
  expectBits('a row that began anew', again.subarray(row * width), first.data);
  stream.dispose();
  layer.dispose();
}

function causal(random: OptionCase): OptionCase {
  const { lengths: _, mask: __, ...one } = random;
  const {
    bidirectional: ___,
    merge: ____,
    reverse: _____,
    returnSequences: ______,
    ...options
  } = one.options;
  return { ...one, options };
}

function suite({ name, create }: Variant) {
  const runtime = create();
  describe(`streams give the bits of the sequence, with options [${name}]`, () => {
    it('knows causal options', () => expect(CAUSAL.length).toBeGreaterThan(100));

    for (const { name: title, kind, options, more } of CAUSAL) {
      it(title, () => {
        const one = caseOf(kind, { ...options, numLayers: 2 }, { ...more, ...SIZES });
        check(one, drawFor(moderate, one, title), runtime);
      });
    }

    for (let n = 0; n < 30; n++) {
      it(`random options ${n}, OPTIONS_SEED=${SEED}`, () => {
        const { one, given } = randomDraw(n, { from: 2000, change: causal, accepts: moderate });
        withCase(one, () => check(one, given, runtime));
      });
    }
  });
}

variants.forEach(suite);
