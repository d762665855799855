/** Leaves out Node's streams, which Papa Parse brings a class for that nothing here uses. */
export const withoutStreams = {
  name: 'without-streams',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^stream$/ }, ({ path }) => ({ path, namespace: 'none' }));
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'export const Duplex = undefined;' }));
  },
};
