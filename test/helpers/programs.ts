import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/* The examples as their users start them: processes of their own, on the built package. */

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Whether the examples can run as programs. */
export const isBuilt = existsSync(join(root, 'build/index.js'));
export const NOT_BUILT = 'build/index.js is missing: npm run build';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts a script of `examples/`, with the flags that this process has for its engine. */
export function start(
  script: string,
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): ChildProcess {
  const file = join(root, 'examples', script);
  return spawn(process.execPath, [...process.execArgv, file, ...args], {
    cwd,
    env: { ...process.env, ...env },
  });
}

/** What a program said until it ended. */
export function ended(child: ChildProcess): Promise<Ended> {
  const result: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout?.on('data', (data) => {
    result.stdout += data;
  });
  child.stderr?.on('data', (data) => {
    result.stderr += data;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...result, code })));
}

/** Its lines of trouble, without those in which Node warns of an experimental flag. */
export function complaints({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !/Warning|--trace-warnings/.test(line));
}
