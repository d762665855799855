/** Whether what runs here keeps a page from painting and from taking input: only where there is a document. */
export function holdsPage(): boolean {
  return typeof document !== 'undefined';
}

/** Milliseconds from some point on; where a runtime has no clock, or lets it stand still while it computes, always the same. */
export function now(): number {
  return typeof performance === 'undefined' ? 0 : performance.now();
}
