/** What the growth of time and memory is measured over. */
export const SWEEPS = {
  H: {
    title: 'hidden size H (T=32, B=8, I=64)',
    fixed: { T: 32, B: 8, I: 64 },
    values: [16, 32, 64, 128, 256, 512, 1024, 2048],
  },
  T: {
    title: 'length T (H=64, B=1, I=64)',
    fixed: { H: 64, B: 1, I: 64 },
    values: [1, 10, 100, 1000, 10_000, 100_000],
  },
  B: {
    title: 'batch B (H=128, T=16, I=64)',
    fixed: { H: 128, T: 16, I: 64 },
    values: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  },
};

/** @type {Record<string, string>} */
export const SWEEP_TITLES = Object.fromEntries(
  Object.entries(SWEEPS).map(([axis, { title }]) => [axis, title]),
);
