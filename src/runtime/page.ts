/** Whether code on this thread blocks a page's painting and input: only if there is a document. */
export function blocksPage(): boolean {
  return typeof document !== 'undefined';
}

/** Milliseconds from an arbitrary start; constant if the runtime has no clock or stops it during computation. */
export function now(): number {
  return typeof performance === 'undefined' ? 0 : performance.now();
}
