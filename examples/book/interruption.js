/** The signal that ended the program: thrown where long-running work stops. */
class Interruption extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.exitCode = signal === 'SIGINT' ? 130 : 143;
  }
}

/** npm forwards a Ctrl-C that the terminal has already delivered: within this time (ms) it counts as the same one. */
const SAME_KEY = 300;

/**
 * The first Ctrl-C (SIGINT) or SIGTERM aborts the signal that is returned, with an {@link Interruption}; the next one quits at
 * once.
 */
export function watchInterruptions() {
  const controller = new AbortController();
  let first;
  const interrupt = (name) => {
    const now = performance.now();
    if (first !== undefined && now - first < SAME_KEY) return;
    const interruption = new Interruption(name);
    if (first !== undefined) process.exit(interruption.exitCode);
    first = now;
    controller.abort(interruption);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
