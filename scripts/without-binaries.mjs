/** Leaves out what a worker is sent, the binary, and what none ever asks for: a team of its own. */
export const withoutBinaries = {
  name: 'without-binaries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#(wasm\/simd|team)$/ }, ({ path }) => ({ path, namespace: 'none' }));
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({
      contents: 'export default undefined; export const Team = undefined;',
    }));
  },
};
