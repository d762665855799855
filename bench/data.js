// The same seeded weights and inputs for every contender. Rows repeat after DISTINCT, so that the float64 reference, which is
// slow, has to compute those alone; what a contender computes does not depend on it.

export const DISTINCT = 4;

/** mulberry32, uniform in [low, high): for data, where only the repetition counts. */
export function generator(seed) {
  let state = seed >>> 0;
  return (low = 0, high = 1) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return low + (((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * (high - low);
  };
}

function uniform(random, size, bound) {
  return Float32Array.from({ length: size }, () => random(-bound, bound));
}

/** PyTorch's names and layouts; x [T, B, I], target [T, B] classes or [T, B, C] values. */
export function lstmData({ T, B, I, H, C = I, loss, kind }) {
  const random = generator(I * 1009 + H * 31 + T);
  const bound = 1 / Math.sqrt(H);
  const steps = kind === 'step' ? STEPS : T;
  const data = {
    weight_ih: uniform(random, 4 * H * I, bound),
    weight_hh: uniform(random, 4 * H * H, bound),
    bias_ih: uniform(random, 4 * H, bound),
    bias_hh: uniform(random, 4 * H, bound),
    head_weight: uniform(random, C * H, bound),
    head_bias: uniform(random, C, bound),
    x: repeatRows(uniform(random, steps * Math.min(B, DISTINCT) * I, 1), steps, B, I),
  };
  if (loss === 'crossEntropy') {
    const classes = Int32Array.from({ length: T * Math.min(B, DISTINCT) }, () => Math.floor(random(0, C)));
    data.target = repeatRows(classes, T, B, 1);
  } else if (loss === 'mse') {
    data.target = repeatRows(uniform(random, T * Math.min(B, DISTINCT) * C, 1), T, B, C);
  }
  return data;
}

/** The number of steps after which a step's state is checked. */
export const STEPS = 16;

/** A training step is checked by its loss, this many times. */
export const LOSSES = 4;

export const LEARNING_RATE = 1e-3;

export function productData({ M, K, N }) {
  const random = generator(M + K + N);
  return {
    x: uniform(random, M * K, 1),
    weight: uniform(random, N * K, 1 / Math.sqrt(K)),
    bias: uniform(random, N, 1 / Math.sqrt(K)),
    dy: uniform(random, M * N, 1 / Math.sqrt(M)),
  };
}

/** Which elements of a product are checked. */
export const probes = (size) => Array.from({ length: 64 }, (_, n) => (n * 99_991) % size);

export const dataOf = (workload) =>
  workload.kind === 'product' ? productData(workload) : lstmData(workload);

function repeatRows(values, T, B, width) {
  const rows = Math.min(B, DISTINCT);
  const out = new values.constructor(T * B * width);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const from = (t * rows + (b % rows)) * width;
      out.set(values.subarray(from, from + width), (t * B + b) * width);
    }
  }
  return out;
}
