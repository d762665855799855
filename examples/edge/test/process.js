import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const folder = fileURLToPath(new URL('..', import.meta.url));

/** Starts a server that prints its address or port; gives that, its process id, and what ends it. */
export function serve(command, args, env = {}) {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  return new Promise((resolve, reject) => {
    const listen = (data) => {
      printed += data;
      const [, port] = /127\.0\.0\.1:(\d+)|"port":(\d+)/.exec(printed)?.filter(Boolean) ?? [];
      if (port === undefined) return;
      resolve({ base: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => ended(child) });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${command} ended with ${code}: ${printed}`)));
  });
}

function ended(child) {
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  return end;
}
