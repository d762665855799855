import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Opens an address in a Chromium of its own, until `close()`. */
export function openInChromium(address) {
  const program = chromium();
  const profile = mkdtempSync(join(tmpdir(), 'lstm-wasm-chromium-'));
  const flags = ['--headless=new', '--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const browser = spawn(program, [...flags, address], { stdio: 'ignore', detached: true });
  return {
    close() {
      // With the processes that it has started.
      process.kill(-browser.pid, 'SIGKILL');
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** CHROMIUM, or the first one on the PATH. @throws Error where there is none */
function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
  if (found === undefined) throw new Error('no chromium on the PATH: set CHROMIUM');
  return found;
}
