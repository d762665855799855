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
  /** Sequences or rows per second over about the last twenty batches, including the time between steps; 0 if the clock does not advance. */
  readonly samplesPerSecond: number;
  /** The estimated time in seconds to the end of the last epoch, if that is known. */
  readonly secondsLeft?: number;
  /** The validation after this step. */
  readonly validation?: Validation;
  /** Whether the run ends here by early stopping. */
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
