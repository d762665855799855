import { checkOneOf } from '../validation/options.js';
import { drawSource, orthogonal, UNINITIALIZED, uniform } from './initialize.js';
import type { Parameter } from './parameter.js';
import type { Recurrent } from './recurrent.js';

/**
 * How the weights of a recurrent layer are initialized. `pytorch`: all from U(±1/√hiddenSize). `keras`: input weights Glorot uniform, the
 * recurrent weight orthogonal as a whole, biases 0. `orthogonal`: like `pytorch`, but each gate's recurrent block is orthogonal (Saxe
 * et al. 2014).
 */
export type RecurrentInit = 'pytorch' | 'keras' | 'orthogonal';

/** Draws the parameter with this name. */
type Draw = (name: string, parameter: Parameter, source: number) => void;

/** Parameters that always start at zero. */
const startsAtZero = /^(bias_ln|[hc]0_)/;

/**
 * Draws the parameters according to `init`, or to one of `more` that it names. Gains of norms start at 1, their biases and initial
 * states at 0. Returns the layer's random source, or undefined if its parameters will be loaded.
 */
export function drawParameters(
  layer: Recurrent,
  gates: number,
  options: { init?: string; seed?: number },
  more: Readonly<Record<string, Draw>> = {},
): ((part: number) => number) | undefined {
  const { init = 'pytorch' } = options;
  checkOneOf('init', init, ['pytorch', 'keras', 'orthogonal', ...Object.keys(more)]);
  if (UNINITIALIZED in options) return undefined;
  const source = drawSource(layer.runtime, options.seed);
  for (const [n, [name, parameter]] of [...layer.parameters].entries()) {
    if (startsAtZero.test(name)) continue;
    if (name.startsWith('weight_ln')) parameter.write(new Float32Array(parameter.size).fill(1));
    else if (init === 'keras') glorot(name, parameter, source(n));
    else if (more[init]) more[init](name, parameter, source(n));
    else if (init === 'orthogonal' && name.startsWith('weight_hh')) blocks(parameter, gates, source, n);
    else uniform(parameter, 1 / Math.sqrt(layer.hiddenSize), source(n));
  }
  return source;
}

/** Glorot & Bengio 2010, with the fans of the whole matrix [in, gates * hiddenSize], as in Keras. */
function glorot(name: string, parameter: Parameter, source: number): void {
  const [rows = 0, columns = rows] = parameter.shape;
  if (name.startsWith('weight_hh')) orthogonal(parameter, source);
  else if (name.startsWith('weight')) uniform(parameter, Math.sqrt(6 / (rows + columns)), source);
}

/** Makes each gate's block orthogonal, each from its own part of the stream. */
function blocks(parameter: Parameter, gates: number, source: (part: number) => number, n: number): void {
  for (let gate = 0; gate < gates; gate++)
    orthogonal(parameter, source(BLOCK_PART * (gate + 1) + n), gate, gates);
}

const BLOCK_PART = 0x1000000;
