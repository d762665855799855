import * as ActivationKind from '../runtime/structs/activation-kind.js';
import { wrongKind, wrongValue } from '../validation/errors.js';
import { checkNumber, checkOneOf, checkOptions } from '../validation/options.js';

/** The kind of each nonlinearity in the core, and the defaults of its α and β. */
const NONLINEARITIES = {
  tanh: [ActivationKind.TANH],
  sigmoid: [ActivationKind.SIGMOID],
  relu: [ActivationKind.RELU],
  exponential: [ActivationKind.EXPONENTIAL],
  hardSigmoid: [ActivationKind.HARD_SIGMOID, 0.2, 0.5],
  affine: [ActivationKind.AFFINE, 1, 0],
  leakyRelu: [ActivationKind.LEAKY_RELU, 0.01],
  thresholdedRelu: [ActivationKind.THRESHOLDED_RELU, 1],
  scaledTanh: [ActivationKind.SCALED_TANH, 1, 1],
  elu: [ActivationKind.ELU, 1],
  softsign: [ActivationKind.SOFTSIGN],
  softplus: [ActivationKind.SOFTPLUS],
} as const;

/**
 * The nonlinearities of recurrent cells, with ONNX's names. `hardSigmoid` is clamp(alpha·x + beta, 0, 1), by default with 0.2 and 0.5 as in
 * ONNX and Keras 2 (Keras 3: alpha 1 / 6); `affine` alpha·x + beta, by default x; `leakyRelu` x, or alpha·x below 0;
 * `thresholdedRelu` x above alpha, otherwise 0; `scaledTanh` alpha·tanh(beta·x); `elu` x, or alpha·(eˣ − 1) below 0;
 * `softsign` x / (1 + |x|); `softplus` ln(1 + eˣ).
 */
export type Nonlinearity = keyof typeof NONLINEARITIES;

/** A nonlinearity by name, or with its own parameters. */
export type NonlinearitySpec = Nonlinearity | { name: Nonlinearity; alpha?: number; beta?: number };

const NAMES = /* @__PURE__ */ Object.keys(NONLINEARITIES) as Nonlinearity[];

/** An activation as the core describes it. */
export interface CellActivation {
  readonly kind: number;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * The activations of `parts` for each direction. `given` is a list with one for each part, or a list for each direction.
 *
 * @throws TypeError for a wrong type, RangeError for an unknown name or a list of the wrong length
 */
export function checkActivations(
  given: unknown,
  parts: readonly string[],
  defaults: readonly Nonlinearity[],
  directions: number,
): CellActivation[][] {
  const expected = `[${parts.join(', ')}]${directions > 1 ? ', or two such lists' : ''}`;
  const list = given === undefined ? defaults : given;
  if (!Array.isArray(list)) throw wrongKind('activations', expected, list);
  const nested = Array.isArray(list[0]);
  if (nested && directions === 1)
    throw new TypeError(`activations expected ${expected}, got two lists: they need bidirectional: true`);
  const lists: unknown[] = nested ? list : Array(directions).fill(list);
  if (lists.length !== directions) throw wrongValue('activations', expected, `${lists.length} lists`);
  return Array.from(lists, (own) => {
    if (!Array.isArray(own)) throw wrongKind('activations', expected, own);
    if (own.length !== parts.length) throw wrongValue('activations', expected, `${own.length} of them`);
    return own.map((spec, part) => check(`activations: ${parts[part]}`, spec));
  });
}

function check(owner: string, spec: unknown): CellActivation {
  const { name, ...given } = (typeof spec === 'string' ? { name: spec } : (spec ?? {})) as Record<
    string,
    unknown
  >;
  const [kind, ...defaults]: readonly number[] = NONLINEARITIES[checkOneOf(owner, name, NAMES)];
  checkOptions(given, ['alpha', 'beta'].slice(0, defaults.length), `${owner} ${name}`);
  const [alpha, beta] = ['alpha', 'beta'].map((one, n) =>
    checkNumber(`${owner} ${name}.${one}`, given[one] ?? defaults[n] ?? 0),
  ) as [number, number];
  return { kind: kind as number, alpha, beta };
}
