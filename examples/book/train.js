import { ProgressDisplay } from '../progress.js';
import { Failure, save } from './checkpoint.js';
import { sampleLine } from './generate.js';
import { clock, count } from './wording.js';

/** At these fractions of the training it prints a sample and saves. */
const SAMPLES = [0.05, 0.2, 0.5];
/** Bits per character are shown as a mean over about this many steps. */
const SMOOTH = 50;

/**
 * Trains by a plan, and saves: a few times on the way, and at the end, which an aborted signal causes after the
 * current step.
 *
 * @throws Failure where loss or weights are not finite; the file keeps what was saved last
 */
export async function train(training, plan, { out, writing, signal }) {
  const display = new ProgressDisplay('step {step} | {bits} bits/char | {speed} chars/s | {left} left');
  const tell = teller(display, training.settings);
  const keep = () => keepAndShow(training, plan, { out, writing, display });
  const due = SAMPLES.filter((share) => share > plan.done);
  const { trainer, batches, curve } = training;
  let saved;
  try {
    trainer.optimizer.lr = plan.rate;
    for await (const progress of trainer.run(batches)) {
      const bits = progress.loss / Math.LN2;
      curve.add(bits);
      tell(plan, progress, bits);
      const { done } = plan;
      if (done >= 1 || signal.aborted) break;
      if (done >= due[0]) {
        await keep();
        saved = progress.step;
        while (done >= due[0]) due.shift();
      }
      trainer.optimizer.lr = plan.rate;
    }
    await keep();
  } catch (error) {
    throw explained(error, out, saved);
  } finally {
    display.stop();
  }
}

function teller(display, { window }) {
  let [steps, mean] = [0, 0];
  return ({ done, secondsLeft }, { step, samplesPerSecond }, bits) => {
    steps++;
    mean += (bits - mean) / Math.min(steps, SMOOTH);
    display.update(done, {
      step: count(step),
      bits: mean.toFixed(3),
      speed: count(samplesPerSecond * window),
      left: clock(secondsLeft),
    });
  };
}

/** The sample comes first: a model that cannot write is not saved. */
async function keepAndShow(training, plan, { out, writing, display }) {
  const { model, vocabulary, trainer, settings } = training;
  const line = await sampleLine(model, vocabulary, writing);
  display.line(`step ${count(trainer.step)}: ${line}`);
  await save(out, { ...training, settings: { ...settings, spent: plan.spent } });
}

/** The trainer's error, and the RangeError of a sample, tell what was no number; others are not of this kind. */
function explained(error, out, saved) {
  const isNumeric =
    error.message.endsWith('; nothing was changed') ||
    (error instanceof RangeError && error.message.startsWith('logits'));
  if (!isNumeric) return error;
  const kept = saved === undefined ? 'stays as it was' : `keeps what was saved at step ${count(saved)}`;
  return new Failure(`Training stopped: ${error.message}. ${out} ${kept}; a smaller --lr may help.`);
}
