import { wrongKind, wrongValue } from '../validation/errors.js';
import { checkNumber, checkOneOf, checkOptions } from '../validation/options.js';

/** The defaults of α and β, where there are any; the names in the order of assembly/kernels/activation.ts. */
const DEFAULTS = {
  tanh: [],
  sigmoid: [],
  relu: [],
  exponential: [],
  hardSigmoid: [0.2, 0.5],
  affine: [1, 0],
  leakyRelu: [0.01],
  thresholdedRelu: [1],
  scaledTanh: [1, 1],
  elu: [1],
  softsign: [],
  softplus: [],
} as const;

/**
 * The nonlinearities of recurrent cells, with ONNX's names. `hardSigmoid` is clamp(alpha·x + beta, 0, 1), by default with 0.2 and 0.5 as in
 * ONNX and Keras 2 (Keras 3: alpha 1 / 6); `affine` alpha·x + beta, by default x; `leakyRelu` x, or alpha·x below 0;
 * `thresholdedRelu` x above alpha, otherwise 0; `scaledTanh` alpha·tanh(beta·x); `elu` x, or alpha·(eˣ − 1) below 0;
 * `softsign` x / (1 + |x|); `softplus` ln(1 + eˣ).
 */
export type Nonlinearity = keyof typeof DEFAULTS;

/** A nonlinearity by name, or with its own parameters. */
export type NonlinearitySpec = Nonlinearity | { name: Nonlinearity; alpha?: number; beta?: number };

const NAMES = /* @__PURE__ */ Object.keys(DEFAULTS) as Nonlinearity[];

/**
 * Kind, α and β of each of `parts`, for each direction; `given` is a list with one for each part, or two such lists.
 *
 * @throws TypeError for another kind, RangeError for an unknown name or another number of them
 */
export function checkActivations(
  given: unknown,
  parts: readonly string[],
  defaults: readonly Nonlinearity[],
  directions: number,
): number[][] {
  const expected = `[${parts.join(', ')}]${directions > 1 ? ', or two such lists' : ''}`;
  const list = given === undefined ? defaults : given;
  if (!Array.isArray(list)) throw wrongKind('activations', expected, list);
  const nested = Array.isArray(list[0]);
  if (nested && directions === 1)
    throw new TypeError(
      `activations expected ${expected}: a list for each direction goes with bidirectional: true`,
    );
  const lists: unknown[] = nested ? list : Array(directions).fill(list);
  if (lists.length !== directions) throw wrongValue('activations', expected, `${lists.length} lists`);
  return Array.from(lists, (own) => {
    if (!Array.isArray(own)) throw wrongKind('activations', expected, own);
    if (own.length !== parts.length) throw wrongValue('activations', expected, `${own.length} of them`);
    return own.flatMap((spec, part) => check(`activations: ${parts[part]}`, spec));
  });
}

/** Kind, α and β. */
function check(owner: string, spec: unknown): number[] {
  const { name, ...given } = (typeof spec === 'string' ? { name: spec } : (spec ?? {})) as Record<
    string,
    unknown
  >;
  const kind = NAMES.indexOf(checkOneOf(owner, name, NAMES));
  const defaults: readonly number[] = DEFAULTS[name as Nonlinearity];
  checkOptions(given, ['alpha', 'beta'].slice(0, defaults.length), `${owner} ${name}`);
  const values = ['alpha', 'beta'].map((one, n) =>
    checkNumber(`${owner} ${name}.${one}`, given[one] ?? defaults[n] ?? 0),
  );
  return [kind, ...values];
}
