import simdSource from '#wasm/simd';

/** One of the package's two binaries: the text of its bytes, or the module that an edge runtime compiled from them. */
export interface Binary {
  readonly variant: 'simd' | 'relaxed';
  readonly source: string | WebAssembly.Module;
}

/** The default: the same bits in every runtime. */
export const simd: Binary = { variant: 'simd', source: simdSource };

/** Compiled once, however many runtimes share it; `undefined` where the engine refuses it. */
const compiled = new Map<Binary, WebAssembly.Module | undefined>();

/** The module of the first binary that the engine takes. */
export function compile(...candidates: Binary[]): WebAssembly.Module {
  for (const binary of candidates) {
    if (!compiled.has(binary)) compiled.set(binary, compileOne(binary));
    const module = compiled.get(binary);
    if (module !== undefined) return module;
  }
  throw new Error(
    'this engine takes no WebAssembly with SIMD (needed: Chrome 91, Firefox 89, Safari 16.4, Node 16 or later)',
  );
}

function compileOne(binary: Binary): WebAssembly.Module | undefined {
  if (typeof binary.source !== 'string') return binary.source;
  const bytes = Uint8Array.from(atob(binary.source), (character) => character.charCodeAt(0));
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}
