import type { Evaluation } from './evaluation.js';

/** The result of one step. */
export interface StepResult {
  /** Steps so far, over all runs. */
  readonly step: number;
  readonly loss: number;
  /** The norm of all gradients before clipping. */
  readonly gradNorm: number;
  /** What the trainer's metrics are on what was trained on, before the step. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** With `accumulate`: how many batches wait now for the step to be complete, where it is not. */
  readonly pending?: number;
  /** With `onNonFinite: 'skip'`: why the batch was left out, where it was. */
  readonly skipped?: string;
}

/** One step of a run. */
export interface Progress extends StepResult {
  /** Sequences or rows a second over the last twenty batches or so, with all that is done between them; 0 where the clock stands still. */
  readonly samplesPerSecond: number;
  /** In seconds, at this pace, to the end of the last epoch, where that is known. */
  readonly secondsLeft?: number;
  /** What a validation came to that was made after this step. */
  readonly validation?: Validation;
  /** Whether the run ends here because validation no longer gets better. */
  readonly stopped?: true;
}

/** A validation, and after which step it was made. */
export interface Validation extends Evaluation {
  readonly step: number;
}

/** What a validation that was due came to, and whether it was one too many that is no better. */
export interface ValidationOutcome {
  readonly validation?: Validation;
  readonly stopped?: true;
}
