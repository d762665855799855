import { describe, expect, it } from 'vitest';
import {
  Adam,
  AdamW,
  binaryCrossEntropy,
  clipGradNorm,
  crossEntropy,
  Embedding,
  Linear,
  LSTM,
  mse,
  type Parameter,
  RMSprop,
  type Runtime,
  Sequential,
  SGD,
} from '../../src/index.js';
import { type Variant, variants } from '../helpers/variants.js';
import { closedForm, closedFormParameter, closedFormWeights, elementCount } from '../vectors/closed-form.js';
import {
  type BinaryCrossEntropyCase,
  type ClippingCase,
  type LossCase,
  type OptimizerCase,
  readMore,
} from '../vectors/more.js';
import { deviations } from '../vectors/recurrent.js';

const vectors = readMore();

function expectValues(name: string, actual: ArrayLike<number>, values: number[]): void {
  const max = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const { element } = deviations(actual, { max, values });
  expect(element, name).toBeLessThanOrEqual(2e-6 + 1e-5 * max);
}

function tensor(data: Float64Array, shape: readonly number[]) {
  return { data: Float32Array.from(data), shape };
}

const byName = { SGD, RMSprop, Adam, AdamW };

function checkOptimizer({ kind, options, shapes, after }: OptimizerCase, runtime: Runtime) {
  const parameters = bareParameters(shapes, runtime);
  parameters.forEach((parameter, k) => {
    parameter.write(Float32Array.from(closedForm(`optimizer/value/${k}`, elementCount(shapes[k]))));
  });
  const optimizer = new byName[kind](parameters, options);
  for (let n = 1; n <= 10; n++) {
    parameters.forEach((parameter, k) => {
      parameter.writeGrad(Float32Array.from(closedForm(`optimizer/grad${n}/${k}`, elementCount(shapes[k]))));
    });
    optimizer.step();
    after[n as 1 | 2 | 10]?.forEach((value, k) => {
      expectValues(`parameter ${k} after ${n}`, parameters[k].read(), value);
    });
  }
}

function checkClipping({ maxNorm, shapes, norm, grads }: ClippingCase, runtime: Runtime) {
  const parameters = bareParameters(shapes, runtime);
  parameters.forEach((parameter, k) => {
    parameter.writeGrad(Float32Array.from(closedForm(`clip/${k}`, elementCount(shapes[k]))));
  });
  expectValues('norm', [clipGradNorm(parameters, maxNorm)], [norm]);
  parameters.forEach((parameter, k) => {
    expectValues(`gradient ${k}`, parameter.readGrad(), grads[k]);
  });
}

/** A parameter of each shape: the weight, or the bias, of a Linear that is never run. */
function bareParameters(shapes: number[][], runtime: Runtime): Parameter[] {
  return shapes.map(([rows, columns]) => {
    const { parameters } = new Linear(columns ?? 1, rows, { runtime });
    return parameters.get(columns === undefined ? 'bias' : 'weight') as Parameter;
  });
}

function checkLoss(result: { loss: number; grad: { data: Float32Array } }, { loss, grad }: LossCase) {
  expectValues('loss', [result.loss], [loss]);
  expectValues('gradient', result.grad.data, grad);
}

function lossSuite(runtime: Runtime) {
  vectors.crossEntropy.forEach((stored, index) => {
    const { shape, targets, options } = stored;
    it(`crossEntropy ${JSON.stringify(options)}`, () => {
      const name = `crossEntropy/${index}`;
      const weight = options.weight && Float32Array.from(closedFormWeights(`${name}/weight`, shape[1]));
      const output = tensor(closedForm(`${name}/output`, elementCount(shape), 4), shape);
      const { weight: _, ...rest } = options;
      checkLoss(
        crossEntropy(output, Int32Array.from(targets), { ...rest, ...(weight && { weight }), runtime }),
        stored,
      );
    });
  });

  vectors.mse.forEach((stored, index) => {
    it(`mse ${JSON.stringify(stored.options)}`, () => {
      const values = (name: string) =>
        tensor(closedForm(`mse/${index}/${name}`, elementCount(stored.shape)), stored.shape);
      const { reduction = 'mean' } = stored.options;
      checkLoss(mse(values('output'), values('target'), { reduction, runtime }), stored);
    });
  });

  vectors.binaryCrossEntropy.forEach((stored, index) => {
    it(`binaryCrossEntropy ${JSON.stringify(stored.options)}`, () => checkBinary(stored, index, runtime));
  });
}

function checkBinary(stored: BinaryCrossEntropyCase, index: number, runtime: Runtime) {
  const { shape, options } = stored;
  const positive = (name: string) => closedFormWeights(`binary/${index}/${name}`, elementCount(shape));
  const target = positive('target').map((y) => y / 2);
  const result = binaryCrossEntropy(
    tensor(closedForm(`binary/${index}/output`, elementCount(shape), 8), shape),
    tensor(target, shape),
    {
      ...(options.weight && { weight: tensor(positive('weight'), shape) }),
      reduction: options.reduction ?? 'mean',
      runtime,
    },
  );
  checkLoss(result, stored);
}

function checkModel(runtime: Runtime) {
  const [stored] = vectors.model;
  const { classes, embeddingSize, hiddenSize, numLayers, ids, targets, shapes } = stored;
  const model = new Sequential(
    new Embedding(classes, embeddingSize, { runtime }),
    new LSTM(embeddingSize, hiddenSize, { numLayers, runtime }),
    new Linear(hiddenSize, classes, { runtime }),
  );
  const weights = Object.entries(shapes).map(([name, shape]) => [
    name,
    tensor(closedFormParameter(`model/${name}`, shape, hiddenSize), shape),
  ]);
  model.loadStateDict(Object.fromEntries(weights));
  const shape = [ids.length, ids[0].length];
  const { output } = model.forward({ data: Int32Array.from(ids.flat()), shape }, { record: true });
  const { loss, grad } = crossEntropy(output, { data: Int32Array.from(targets.flat()), shape }, { runtime });
  model.backward({ output: grad });
  expectValues('logits', output.data, stored.logits);
  expectValues('loss', [loss], [stored.loss]);
  expect([...model.parameters.keys()].sort()).toEqual(Object.keys(stored.parameters).sort());
  for (const [name, parameter] of model.parameters) {
    expectValues(name, parameter.readGrad(), stored.parameters[name]);
  }
}

function suite({ name, create }: Variant) {
  describe(`training against PyTorch [${name}]`, () => {
    const runtime = create();
    it.each(vectors.optimizers)('$kind $options', (stored) => checkOptimizer(stored, runtime));
    it.each(vectors.clipping)('clipGradNorm $maxNorm', (stored) => checkClipping(stored, runtime));
    it('embedding, lstm, linear and cross-entropy', () => checkModel(runtime));
    lossSuite(runtime);
  });
}

variants.forEach(suite);
