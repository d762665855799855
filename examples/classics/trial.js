import { Adam, createRuntime, Linear, LSTM, RNN, Sequential, Trainer } from 'lstm-wasm';

/** With this forget bias σ is 1 and σ' is 0 in float32, so the gate stays open and its weights stay 0: the cell of 1997. */
const NEVER_FORGETS = 100;
const CURVE_POINTS = 60;

/**
 * A recurrent layer and a linear read-out. With `noForgetGate` the LSTM is that of 1997, whose cells only add up.
 *
 * @param {{ cell: 'LSTM' | 'RNN', inputs: number, units: number, outputs: number, seed: number, noForgetGate?: boolean }} form
 *   and the options of the layer
 */
export function makeModel({ cell, inputs, units, outputs, seed, noForgetGate, ...options }) {
  const runtime = createRuntime({ seed });
  const Cell = cell === 'RNN' ? RNN : LSTM;
  const layer = new Cell(inputs, units, { runtime, ...options });
  if (noForgetGate) openForgetGates(layer, units);
  return new Sequential(layer, new Linear(units, outputs, { runtime }));
}

function openForgetGates(layer, units) {
  for (const [name, parameter] of layer.parameters) {
    const values = parameter.read();
    const width = values.length / (4 * units);
    values.fill(name.startsWith('bias_ih') ? NEVER_FORGETS : 0, units * width, 2 * units * width);
    parameter.write(values);
  }
}

/** The learning rate is constant for half of the budget, then falls linearly to zero. */
export const FALLING = (part) => Math.min(1, 2 * (1 - part));

/** The learning rate is constant. */
export const CONSTANT = () => 1;

/**
 * Trains a model until its task's criterion is met or the budget is used up.
 *
 * @param {Layer} model
 * @param {object} options
 * @param {(count: number) => Batch} options.fresh the next batch
 * @param {Loss} options.loss as for the Trainer
 * @param {() => { value: number, solved: boolean }} options.judge progress towards the criterion; called every `every` updates
 * @param {number} options.batch sequences, or symbols of a stream, in a batch
 * @param {number} options.budget how many to train on at most
 * @param {(part: number) => number} [options.rate] the factor of the learning rate, by the fraction of the budget that is used
 * @param {(part: number, value: number) => void} [options.onProgress]
 * @returns {{ solved: boolean, sequences: number, curve: [sequences: number, value: number][] }}
 */
export function trial(model, options) {
  const { fresh, loss, judge, budget, batch, every = 1, lr, rate = FALLING, onProgress } = options;
  const optimizer = new Adam(model, { lr });
  const trainer = new Trainer(model, { loss, optimizer, clipNorm: 1 });
  const updates = Math.ceil(budget / batch);
  const point = Math.max(every, Math.ceil(updates / CURVE_POINTS));
  const curve = [];
  let verdict = { solved: false };
  for (let step = 1; step <= updates && !verdict.solved; step++) {
    optimizer.lr = lr * rate((step - 1) / updates);
    trainer.trainStep(fresh(batch));
    if (step % every === 0 || step === updates) verdict = judge();
    if (step % point === 0 || step === updates || verdict.solved) {
      curve.push([step * batch, verdict.value]);
      onProgress?.(step / updates, verdict.value);
    }
  }
  return { solved: verdict.solved, sequences: trainer.step * batch, curve };
}
