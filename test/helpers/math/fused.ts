/** What is used of the core here: its own ABI. */
export interface ProductCore {
  readonly memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  packRows(panels: number, W: number, N: number, K: number): void;
  linearForward(y: number, x: number, panels: number, bias: number, M: number, N: number, K: number): void;
}

/**
 * Whether the core's multiply-add rounds once. x·x − (1 + 2^-11) for x = 1 + 2^-12 is 2^-24, but 0 where the product was
 * rounded first.
 */
export function isFused(core: ProductCore): boolean {
  const at = core.allocate(16 * 20) >>> 0;
  const [x, y, bias, panels] = [at, at + 16, at + 32, at + 64];
  const values = new Float32Array(core.memory.buffer);
  values[x >> 2] = 1 + 2 ** -12;
  values[bias >> 2] = -(1 + 2 ** -11);
  core.packRows(panels, x, 1, 1);
  core.linearForward(y, x, panels, bias, 1, 1, 1);
  const result = new Float32Array(core.memory.buffer)[y >> 2];
  if (result !== 0 && result !== 2 ** -24) throw new Error(`a product of one term gave ${result}`);
  return result !== 0;
}
