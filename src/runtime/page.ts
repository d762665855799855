/** Whether what runs here keeps a page from painting and from taking input: only where there is a document. */
export function holdsPage(): boolean {
  return typeof document !== 'undefined';
}

/** Milliseconds from some point on; some edge runtimes let them stand still while they compute. */
export function now(): number {
  return performance.now();
}
