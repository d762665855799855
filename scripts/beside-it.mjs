/** Has the one file import `#csv` and `#audio`, when they are asked for, from the files of these names that lie beside it. */
export const besideIt = {
  name: 'beside-it',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^#(csv|audio)$/ }, ({ path }) => ({
      path: `./${path.slice(1)}.js`,
      external: true,
    })),
};
