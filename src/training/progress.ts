import type { Evaluation } from './evaluation.js';

/** The result of one step. */
export interface StepResult {
  /** Steps so far, over all runs. */
  readonly step: number;
  readonly loss: number;
  /** The norm of all gradients before clipping. */
  readonly gradNorm: number;
  /** The trainer's metrics on the training batch, before the step. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** With `accumulate`: the number of batches accumulated so far, while the step is incomplete. */
  readonly pending?: number;
  /** With `onNonFinite: 'skip'`: why the batch was skipped. */
  readonly skipped?: string;
}

/** One step of a run. */
export interface Progress extends StepResult {
  /** Sequences or rows a second over the last twenty batches or so, with all that is done between them; 0 where the clock stands still. */
  readonly samplesPerSecond: number;
  /** In seconds, at this pace, to the end of the last epoch, where that is known. */
  readonly secondsLeft?: number;
  /** The validation after this step. */
  readonly validation?: Validation;
  /** Whether the run ends here because validation has stopped improving. */
  readonly stopped?: true;
}

/** The result of a validation, and the step after which it ran. */
export interface Validation extends Evaluation {
  readonly step: number;
}

/** The result of a validation that was due, and whether it ends the run. */
export interface ValidationOutcome {
  readonly validation?: Validation;
  readonly stopped?: true;
}
