import { describe, expect, it } from 'vitest';
import { closedForm, closedFormParameter, closedFormWeights, elementCount } from '../vectors/closed-form.js';
import { type ModelCase, type OptimizerCase, readMore, type TapesCase } from '../vectors/more.js';
import {
  deviations,
  parameterShapes,
  type RecurrentConfig,
  readRecurrent,
  recurrentInputs,
  type StoredTensor,
  storedTensor,
} from '../vectors/recurrent.js';
import { embedding, linear, named } from './linear.js';
import { binaryCrossEntropy, crossEntropy, mse } from './losses.js';
import { adam, adamW, clipGradNorm, rmsprop, sgd, type Update } from './optimizers.js';
import { lstm, type RecurrentGradients, rnn } from './recurrent.js';

const vectors = readRecurrent();
const more = readMore();

/** Nine digits are stored, so up to 5e-9 of a tensor's largest element is lost in writing. */
function expectStored(name: string, actual: ArrayLike<number>, stored: StoredTensor): void {
  const { element, sum } = deviations(actual, stored);
  expect(element, name).toBeLessThanOrEqual(1e-8 * stored.max);
  expect(sum, `sums of ${name}`).toBeLessThanOrEqual(
    1e-8 * Math.max(stored.max, Math.abs(stored.sum ?? 0), Math.abs(stored.weighted ?? 0)),
  );
}

function expectValues(name: string, actual: ArrayLike<number>, values: number[]): void {
  expectStored(name, actual, {
    max: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    values,
  });
}

/** From [outer, inner, size] to [inner, outer, size]: sequences are batch first in the vectors, time first here. */
function turn(data: Float64Array, outer: number, inner: number): Float64Array {
  const size = data.length / (outer * inner);
  const turned = new Float64Array(data.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      turned.set(data.subarray((o * inner + i) * size, (o * inner + i + 1) * size), (i * outer + o) * size);
    }
  }
  return turned;
}

/** The results and the gradients of one configuration, batch first. */
function run(config: RecurrentConfig) {
  const { cell, batch: B, time: T, inputSize: I, hiddenSize: H, numLayers: layers } = config;
  const given = recurrentInputs(config);
  const params = new Map([...given.parameters].map(([name, { data }]) => [name, data]));
  const args = { T, B, I, H, layers, params, input: turn(given.input.data, B, T), h0: given.h0.data };
  const grads: RecurrentGradients = { output: turn(given.gradOutput.data, B, T), hN: given.gradHN.data };
  if (cell === 'lstm') grads.cN = given.gradCN.data;
  const nonlinearity = cell === 'rnn_relu' ? 'relu' : 'tanh';
  const tape = cell === 'lstm' ? lstm({ ...args, c0: given.c0.data }) : rnn({ ...args, nonlinearity });
  const gradients = tape.backward(grads);
  return {
    forward: { ...tape, output: turn(tape.output, T, B) },
    gradients: { ...gradients, input: turn(gradients.input, T, B) },
    params: gradients.params,
  };
}

function checkRecurrent(config: RecurrentConfig) {
  const { forward, gradients, params } = run(config);
  for (const name of Object.keys(config.forward)) {
    const actual = forward[name as 'output' | 'hN'];
    expectStored(name, actual, storedTensor(config.forward, name));
  }
  for (const name of Object.keys(config.gradients)) {
    const actual = gradients[name as 'input' | 'h0'];
    expectStored(`gradient of ${name}`, actual, storedTensor(config.gradients, name));
  }
  expect([...params.keys()].sort()).toEqual(Object.keys(config.parameters).sort());
  for (const [name, grad] of params) expectStored(name, grad, storedTensor(config.parameters, name));
}

describe('the reference against PyTorch', () => {
  it.each(vectors.closedForm)('closed form "$name" at $index', ({ name, index, value }) => {
    expect(closedForm(name, index + 1)[index]).toBe(value);
    expect(Math.fround(value)).toBe(value);
  });

  it.each(vectors.configs)('$id', checkRecurrent);

  it('five forwards and backwards with the same weights', () => checkTapes(more.tapes[0]));

  it.each(more.optimizers)('$kind $options', checkOptimizer);

  it.each(more.clipping)('clipGradNorm $maxNorm', ({ maxNorm, shapes, norm, grads }) => {
    const given = shapes.map((shape, k) => closedForm(`clip/${k}`, elementCount(shape)));
    expectValues('norm', [clipGradNorm(given, maxNorm)], [norm]);
    for (const [k, grad] of given.entries()) expectValues(`gradient ${k}`, grad, grads[k]);
  });

  it('embedding, lstm, linear and cross-entropy', () => checkModel(more.model[0]));
});

describe('the reference losses against PyTorch', () => {
  more.crossEntropy.forEach(({ options, shape, targets, loss, grad }, index) => {
    it(`crossEntropy ${JSON.stringify(options)}`, () => {
      const [rows, classes] = shape as [number, number];
      const result = crossEntropy({
        ...options,
        ...{ rows, classes, targets },
        output: closedForm(`crossEntropy/${index}/output`, rows * classes, 4),
        weight: options.weight && closedFormWeights(`crossEntropy/${index}/weight`, classes),
      });
      expectValues('loss', [result.loss], [loss]);
      expectValues('gradient', result.grad, grad);
    });
  });

  more.mse.forEach(({ options, shape, loss, grad }, index) => {
    it(`mse ${JSON.stringify(options)}`, () => {
      const output = closedForm(`mse/${index}/output`, elementCount(shape));
      const target = closedForm(`mse/${index}/target`, elementCount(shape));
      const result = mse({ output, target, reduction: options.reduction });
      expectValues('loss', [result.loss], [loss]);
      expectValues('gradient', result.grad, grad);
    });
  });

  more.binaryCrossEntropy.forEach(({ options, shape, loss, grad }, index) => {
    it(`binaryCrossEntropy ${JSON.stringify(options)}`, () => {
      const name = `binary/${index}`;
      const result = binaryCrossEntropy({
        output: closedForm(`${name}/output`, elementCount(shape), 8),
        target: closedFormWeights(`${name}/target`, elementCount(shape)).map((y) => y / 2),
        weight: options.weight && closedFormWeights(`${name}/weight`, elementCount(shape)),
        reduction: options.reduction,
      });
      expectValues('loss', [result.loss], [loss]);
      expectValues('gradient', result.grad, grad);
    });
  });
});

function checkTapes({
  inputSize: I,
  hiddenSize: H,
  numLayers,
  batch: B,
  times,
  runs,
  parameters,
}: TapesCase) {
  const shapes = parameterShapes(4, { inputSize: I, hiddenSize: H, numLayers });
  const params = new Map(
    [...shapes].map(([name, shape]): [string, Float64Array] => [
      name,
      closedFormParameter(`tapes/${name}`, shape, H),
    ]),
  );
  const sums = new Map([...params].map(([name, value]) => [name, new Float64Array(value.length)]));
  const state = numLayers * B * H;
  times.forEach((T, k) => {
    const values = (name: string, size: number) => closedForm(`tapes/${k}/${name}`, size);
    const input = turn(values('input', B * T * I), B, T);
    const states = { h0: values('h0', state), c0: values('c0', state) };
    const args = { ...{ T, B, I, H, layers: numLayers }, ...states, params, input };
    const tape = lstm(args);
    const output = turn(values('G_output', B * T * H), B, T);
    const grads = tape.backward({ output, hN: values('G_hN', state), cN: values('G_cN', state) });
    expectValues(`output ${k}`, turn(tape.output, T, B), runs[k].output);
    expectValues(`input ${k}`, turn(grads.input, T, B), runs[k].input);
    expectValues(`h0 ${k}`, grads.h0, runs[k].h0);
    expectValues(`c0 ${k}`, grads.c0, runs[k].c0);
    for (const [name, grad] of grads.params) {
      const sum = named(sums, name);
      for (let at = 0; at < grad.length; at++) sum[at] += grad[at];
    }
  });
  for (const [name, grad] of sums) expectValues(name, grad, parameters[name]);
}

const UPDATES = { SGD: sgd, RMSprop: rmsprop, Adam: adam, AdamW: adamW };

function checkOptimizer({ kind, options, shapes, after }: OptimizerCase) {
  const values = shapes.map((shape, k) => closedForm(`optimizer/value/${k}`, elementCount(shape)));
  const updates: Update[] = shapes.map(() => UPDATES[kind](options));
  for (let n = 1; n <= 10; n++) {
    for (const [k, update] of updates.entries()) {
      update(values[k], closedForm(`optimizer/grad${n}/${k}`, values[k].length));
    }
    const expected = after[n as 1 | 2 | 10];
    expected?.forEach((value, k) => {
      expectValues(`parameter ${k} after ${n}`, values[k], value);
    });
  }
}

function checkModel(model: ModelCase) {
  const { classes, embeddingSize, hiddenSize, numLayers, parameters } = model;
  const [B, T] = [model.ids.length, model.ids[0].length];
  const [ids, targets] = [model.ids.flat(), model.targets.flat()];
  const first = embedding({ ids, count: classes, size: embeddingSize, params: modelParams(model, '0.') });
  const input = turn(first.output, B, T);
  const sizes = { T, B, I: embeddingSize, H: hiddenSize, layers: numLayers };
  const second = lstm({ ...sizes, params: modelParams(model, '1.'), input });
  const hidden = turn(second.output, T, B);
  const rows = B * T;
  const third = linear({ input: hidden, rows, I: hiddenSize, O: classes, params: modelParams(model, '2.') });
  const { loss, grad } = crossEntropy({ output: third.output, rows, classes, targets });
  const back3 = third.backward(grad);
  const back2 = second.backward({ output: turn(back3.input, B, T) });
  const back1 = first.backward(turn(back2.input, T, B));
  expectValues('logits', third.output, model.logits);
  expectValues('loss', [loss], [model.loss]);
  [back1, back2, back3].forEach(({ params }, k) => {
    for (const [name, value] of params) expectValues(`${k}.${name}`, value, parameters[`${k}.${name}`]);
  });
}

/** The parameters of one layer, without its prefix. */
function modelParams({ shapes, hiddenSize }: ModelCase, prefix: string) {
  const own = Object.entries(shapes).filter(([name]) => name.startsWith(prefix));
  return new Map(
    own.map(([name, shape]) => [
      name.slice(prefix.length),
      closedFormParameter(`model/${name}`, shape, hiddenSize),
    ]),
  );
}
