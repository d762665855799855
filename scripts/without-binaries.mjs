/** Leaves out what a worker is sent, the binary, and what none ever asks for: a pool of its own. */
export const withoutBinaries = {
  name: 'without-binaries',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#(wasm\/simd|worker-pool)$/ }, ({ path }) => ({ path, namespace: 'none' }));
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({
      contents: 'export default undefined; export const WorkerPool = undefined;',
    }));
  },
};
