import { readFileSync } from 'node:fs';

/**
 * The most memory that this process held, in bytes. On Linux from /proc: the maxRSS of resourceUsage() also counts what the
 * parent held when it forked.
 */
export function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
