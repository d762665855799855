/**
 * What a recurrent layer does between its matrix products: from the pre-activations of one time step to the new
 * states, and back. Pre-activations are [B, gates * H], states [B, H].
 */
export interface Cell {
  /** How many blocks of H rows the weights have. */
  gates: number;
  step(a: Float64Array, cPrevious: Float64Array, B: number, H: number): CellStep;
}

export interface CellStep {
  h: Float64Array;
  c: Float64Array;
  /** From the gradients of h and c to those of the pre-activations and of the previous c. */
  backward(dh: Float64Array, dc: Float64Array): { da: Float64Array; dcPrevious: Float64Array };
}

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * i = σ(a_i)  f = σ(a_f)  g = tanh(a_g)  o = σ(a_o)
 * c = f ∘ c' + i ∘ g
 * h = o ∘ tanh(c)
 */
export const lstmCell: Cell = {
  gates: 4,
  step(a, cPrevious, B, H) {
    const gates = new Float64Array(B * 4 * H);
    const c = new Float64Array(B * H);
    const h = new Float64Array(B * H);
    for (let b = 0; b < B; b++) {
      for (let u = 0; u < H; u++) {
        const [atI, atF, atG, atO] = gatePlaces(b, u, H);
        const i = sigmoid(a[atI]);
        const f = sigmoid(a[atF]);
        const g = Math.tanh(a[atG]);
        const o = sigmoid(a[atO]);
        const at = b * H + u;
        c[at] = f * cPrevious[at] + i * g;
        h[at] = o * Math.tanh(c[at]);
        gates[atI] = i;
        gates[atF] = f;
        gates[atG] = g;
        gates[atO] = o;
      }
    }
    return { h, c, backward: (dh, dc) => lstmBackward(gates, c, cPrevious, dh, dc, B, H) };
  },
};

function lstmBackward(
  gates: Float64Array,
  c: Float64Array,
  cPrevious: Float64Array,
  dh: Float64Array,
  dc: Float64Array,
  B: number,
  H: number,
) {
  const da = new Float64Array(B * 4 * H);
  const dcPrevious = new Float64Array(B * H);
  for (let b = 0; b < B; b++) {
    for (let u = 0; u < H; u++) {
      const [atI, atF, atG, atO] = gatePlaces(b, u, H);
      const i = gates[atI];
      const f = gates[atF];
      const g = gates[atG];
      const o = gates[atO];
      const at = b * H + u;
      const tanhC = Math.tanh(c[at]);
      // c reaches the loss directly (the next step, or cN) and through h.
      const dcTotal = dc[at] + dh[at] * o * (1 - tanhC * tanhC);
      da[atI] = dcTotal * g * i * (1 - i);
      da[atF] = dcTotal * cPrevious[at] * f * (1 - f);
      da[atG] = dcTotal * i * (1 - g * g);
      da[atO] = dh[at] * tanhC * o * (1 - o);
      dcPrevious[at] = dcTotal * f;
    }
  }
  return { da, dcPrevious };
}

/** Where the gates i, f, g, o of unit u in row b lie. */
function gatePlaces(b: number, u: number, H: number): [number, number, number, number] {
  const row = b * 4 * H + u;
  return [row, row + H, row + 2 * H, row + 3 * H];
}

/** h = tanh(a) */
export const tanhCell = plainCell(Math.tanh, (h) => 1 - h * h);

/** h = max(a, 0), with derivative 0 at 0 */
export const reluCell = plainCell(
  (a) => Math.max(a, 0),
  (h) => (h > 0 ? 1 : 0),
);

/** `derivative` is given in terms of the result. There is no cell state: c passes through empty. */
function plainCell(activation: (a: number) => number, derivative: (h: number) => number): Cell {
  return {
    gates: 1,
    step(a, cPrevious) {
      const h = a.map(activation);
      return {
        h,
        c: cPrevious,
        backward: (dh, dc) => ({ da: dh.map((d, at) => d * derivative(h[at])), dcPrevious: dc }),
      };
    },
  };
}
