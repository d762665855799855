/** Whether code that runs here blocks a page's painting and input: only if there is a document. */
export function holdsPage(): boolean {
  return typeof document !== 'undefined';
}

/** Milliseconds from some point on; where a runtime has no clock, or lets it stand still while it computes, always the same. */
export function now(): number {
  return typeof performance === 'undefined' ? 0 : performance.now();
}
