import { peakMemory } from '../peak-memory.js';

/** Ends the process with what cold-start.js reads. A first result that is not finite is an error. */
export function report(first, more = {}) {
  if (!Number.isFinite(first)) throw new Error(`the first result is ${first}`);
  process.stdout.write(JSON.stringify({ bytes: peakMemory(), ...more }), () => process.exit());
}
