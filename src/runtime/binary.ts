import simdSource from '#wasm/simd';

/** WebAssembly.Module, if its type is available: `lib: DOM` or the types of a runtime declare it. */
export type WebAssemblyModule = typeof globalThis extends {
  WebAssembly: { Module: abstract new (...given: never) => infer Module };
}
  ? Module
  : object;

/** One of the package's two binaries: its bytes as text, a function that returns them, or the module that an edge runtime compiled. */
export interface Binary {
  readonly variant: 'simd' | 'relaxed';
  readonly source: string | (() => Uint8Array) | WebAssemblyModule;
}

/** @internal The default binary, which gives the same bits in every runtime. */
export const simd: Binary = { variant: 'simd', source: simdSource };

/** Each binary is compiled once, for all runtimes; `undefined` if the engine does not support it. */
const compiled = new Map<Binary, WebAssembly.Module | undefined>();

/**
 * @internal Compiles the first binary that the engine supports.
 *
 * @throws Error without WebAssembly or its SIMD, or if compiling is forbidden
 */
export function compile(...candidates: Binary[]): WebAssembly.Module {
  checkWebAssembly();
  for (const binary of candidates) {
    if (!compiled.has(binary)) compiled.set(binary, compileOne(binary));
    const module = compiled.get(binary);
    if (module !== undefined) return module;
  }
  throw new Error('WebAssembly with SIMD expected: Chrome 92, Firefox 90, Safari 16.4, Node 20 or later');
}

/** @internal Like {@link compile}, but asynchronous; also works on main threads that refuse to compile synchronously. */
export async function compileAsync(...candidates: Binary[]): Promise<WebAssembly.Module> {
  checkWebAssembly();
  for (const binary of candidates) {
    if (!compiled.has(binary)) compiled.set(binary, await compileOneAsync(binary));
    if (compiled.get(binary) !== undefined) break;
  }
  return compile(...candidates);
}

function checkWebAssembly(): void {
  if (typeof WebAssembly === 'undefined')
    throw new Error(
      'WebAssembly expected, which this engine lacks, as do Hermes in React Native and browsers in lockdown mode',
    );
}

function compileOne(binary: Binary): WebAssembly.Module | undefined {
  if (typeof binary.source === 'object') return binary.source;
  const bytes = wasmBytes(binary);
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    return refused(bytes, error);
  }
}

async function compileOneAsync(binary: Binary): Promise<WebAssembly.Module | undefined> {
  if (typeof binary.source === 'object') return binary.source;
  const bytes = wasmBytes(binary);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    return refused(bytes, error);
  }
}

function wasmBytes({ source }: Binary): Uint8Array<ArrayBuffer> {
  return typeof source === 'string'
    ? decode(source)
    : ((source as () => Uint8Array)() as Uint8Array<ArrayBuffer>);
}

/** Returns undefined if the engine lacks a feature of the binary. @throws Error if compiling is forbidden */
function refused(bytes: Uint8Array<ArrayBuffer>, error: unknown): undefined {
  if (WebAssembly.validate(bytes)) throw onlyAsync(error) ?? forbidden(error);
}

/** @internal An instance of the core, which imports nothing and holds no managed objects: it needs no loader. */
export function instantiate(module: WebAssembly.Module): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module);
  } catch (error) {
    throw refusedInstance(error);
  }
}

/** @internal Like {@link instantiate}, but asynchronous; also works on main threads that refuse to instantiate synchronously. */
export async function instantiateAsync(module: WebAssembly.Module): Promise<WebAssembly.Instance> {
  try {
    return await WebAssembly.instantiate(module);
  } catch (error) {
    throw refusedInstance(error);
  }
}

/** WebKit checks the page's Content-Security-Policy only when it instantiates. */
function refusedInstance(error: unknown): unknown {
  return onlyAsync(error) ?? (error instanceof WebAssembly.CompileError ? forbidden(error) : error);
}

/** Chrome's RangeError before version 115: "… is disallowed on the main thread, if the buffer size is larger than 4KB. …" */
function onlyAsync(cause: unknown): Error | undefined {
  const { name, message } = cause as Error;
  if (name !== 'RangeError' || !/main thread/.test(message)) return undefined;
  return new Error(
    'this main thread cannot compile WebAssembly synchronously (Chrome before 115): call `await ready()` first, or use a worker',
    { cause },
  );
}

/** The messages of engines differ, and some recommend 'unsafe-eval'. */
function forbidden(cause: unknown): Error {
  return new Error(
    "WebAssembly is blocked: a page's Content-Security-Policy must allow 'wasm-unsafe-eval' in script-src; " +
      "a bundle for an edge runtime needs the condition 'workerd' or 'edge-light'",
    { cause },
  );
}

/** @internal Decodes the bytes that scripts/build.mjs wrote as text. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let count = 0;
  let last = -1;
  for (let at = 0; at < text.length; at++) {
    const n = placeOf(text.charCodeAt(at));
    // The first 89 bytes are the commonest ones, by their distances: later a character below 89 stands for one of them.
    if (at < 89) last += n + 1;
    else last = n < 89 ? (bytes[n] as number) : (n - 89) * 92 + placeOf(text.charCodeAt(++at));
    bytes[count++] = last;
  }
  return bytes.slice(89, count);
}

function placeOf(code: number): number {
  return code === 33 ? 57 : code - 35;
}
