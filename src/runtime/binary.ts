import simdSource from '#wasm/simd';

/** One of the package's two binaries: its bytes as text, what gives them, or the module that an edge runtime compiled. */
export interface Binary {
  readonly variant: 'simd' | 'relaxed';
  readonly source: string | (() => Uint8Array) | WebAssembly.Module;
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
  throw new Error('WebAssembly with SIMD expected: Chrome 92, Firefox 89, Safari 16.4, Node 20 or later');
}

/** Compiling validates as well: only what it refuses is asked about again. */
function compileOne({ source }: Binary): WebAssembly.Module | undefined {
  if (typeof source === 'object') return source;
  const bytes = typeof source === 'string' ? decode(source) : (source() as Uint8Array<ArrayBuffer>);
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (WebAssembly.validate(bytes)) throw forbidden(error);
    return undefined;
  }
}

/** An instance of the core, which imports nothing and holds no managed objects: it needs no loader. */
export function instantiate(module: WebAssembly.Module): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module);
  } catch (error) {
    // WebKit asks the page's policy only now.
    throw error instanceof WebAssembly.CompileError ? forbidden(error) : error;
  }
}

/** Engines say so in ways of their own, and some advise 'unsafe-eval'. */
function forbidden(cause: unknown): Error {
  return new Error(
    "WebAssembly may not run here: a page's Content-Security-Policy has to allow 'wasm-unsafe-eval' in script-src, a bundle for an " +
      "edge runtime needs its condition, 'workerd' or 'edge-light'",
    { cause },
  );
}

/** @internal The bytes that scripts/build.mjs wrote as text. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const n = placeOf(text.charCodeAt(at));
    // The first 89 bytes are the commonest ones: a character below 89 stands for one of them.
    bytes[count++] = n < 89 ? (bytes[n] as number) : (n - 89) * 92 + placeOf(text.charCodeAt(++at));
  }
  return bytes.slice(89, count);
}

function placeOf(code: number): number {
  return code === 33 ? 57 : code - 35;
}
