import { describe, it } from 'vitest';
import { loadModel, saveModel } from '../../src/files/index.js';
import { Linear, type LSTM, type Runtime, Sequential, type Tensor } from '../../src/index.js';
import { expectAllBits, expectBits, transpose } from '../helpers/bits.js';
import {
  type AnyLayer,
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

const gradients = (layer: AnyLayer) =>
  Object.fromEntries([...layer.parameters].map(([name, parameter]) => [name, parameter.readGrad()]));

function both(layer: AnyLayer, input: Tensor, options: object) {
  const { output, hN, cN } = layer.forward(input, { ...options, record: true });
  const back = layer.backward({ output, hN });
  return { output, hN, cN, input: back.input, h0: back.h0, c0: back.c0 };
}

/** Time first: the same bits, each at its place. */
function checkTimeMajor(one: OptionCase, given: Given, runtime: Runtime) {
  const [layer, turned] = [build(one, given, runtime), build(one, given, runtime, { timeMajor: true })];
  const { mask, ...rest } = forwardOptions(one, given);
  const expected = both(layer, tensorOf(given.input), { ...rest, ...(mask && { mask }) });
  const maskTurned = mask && {
    data: Uint8Array.from(transpose({ data: Float32Array.from(mask.data), shape: mask.shape }).data),
    shape: [one.time, one.batch],
  };
  const actual = both(turned, transpose(tensorOf(given.input)), {
    ...rest,
    ...(maskTurned && { mask: maskTurned }),
  });
  const back = (value: Tensor) => (value.shape.length === 3 ? transpose(value) : value);
  expectAllBits(
    'time first',
    { ...actual, output: back(actual.output), input: transpose(actual.input) },
    expected,
  );
  expectAllBits('time first', gradients(turned), gradients(layer));
  layer.dispose();
  turned.dispose();
}

/** Ids stand for one-hot rows. */
function checkIds(one: OptionCase, given: Given, runtime: Runtime) {
  const layer = build(one, given, runtime);
  const { batch, time, inputSize } = one;
  const shape = [batch, time];
  const ids = Int32Array.from({ length: batch * time }, (_, at) => (at * 5 + 1) % inputSize);
  const rows = new Float32Array(batch * time * inputSize);
  ids.forEach((id, at) => {
    rows[at * inputSize + id] = 1;
  });
  const options = forwardOptions(one, given);
  const expected = layer.forward({ data: rows, shape: [...shape, inputSize] }, { ...options, record: true });
  const back = layer.backward(expected);
  const summed = gradients(layer);
  for (const parameter of layer.parameters.values()) parameter.writeGrad(new Float32Array(parameter.size));
  const actual = layer.forward({ data: ids, shape } as never, { ...options, record: true });
  expectAllBits('ids', { ...actual } as never, { ...expected } as never);
  expectBits('h0', layer.backward(actual).h0, back.h0);
  expectAllBits('ids', gradients(layer), summed);
  layer.dispose();
}

/** A Sequential hands on what its recurrent layers need, and a file keeps what they are. */
function checkModel(one: OptionCase, given: Given, runtime: Runtime) {
  const layer = build(one, given, runtime);
  const { lengths, mask } = forwardOptions(one, given);
  const options = { ...(lengths && { lengths }), ...(mask && { mask }) };
  const { output } = layer.forward(tensorOf(given.input), options);
  const linear = new Linear(output.shape.at(-1) as number, 2, { runtime });
  const model = new Sequential(layer as unknown as LSTM, linear);
  const expected = linear.forward(output).output;
  expectBits('a Sequential', model.forward(tensorOf(given.input), options as never).output, expected);
  const { model: loaded } = loadModel(saveModel(model), { runtime });
  expectBits('a file', loaded.forward(tensorOf(given.input), options as never).output, expected);
  model.dispose();
  loaded.dispose();
}

/** Which function squashes a gate changes neither order nor ids: those of the RNN stand for all. */
const FACED = SINGLE_OPTIONS.filter(
  ({ kind, options }) => kind === 'RNN' || options.activations === undefined,
);

function suite({ name, create }: Variant) {
  const runtime = create();
  const checks = {
    'time first': checkTimeMajor,
    'with ids': checkIds,
    'in a model and its file': checkModel,
  };
  describe.each(Object.entries(checks))(`options %s [${name}]`, (_, check) => {
    for (const { name: title, kind, options, more } of FACED) {
      it(title, () => {
        const one = caseOf(kind, options, more);
        check(one, drawFor(moderate, one, title), runtime);
      });
    }

    for (let n = 0; n < 20; n++) {
      it(`random options ${n}, OPTIONS_SEED=${SEED}`, () => {
        const { one, given } = randomDraw(n, { from: 3000, accepts: moderate });
        withCase(one, () => check(one, given, runtime));
      });
    }
  });
}

variants.forEach(suite);
