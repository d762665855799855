// A contender's process, as the launcher sees it: one request at a time, one line each way.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const QUIET = { OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '3' };

export class Contender {
  #child;
  #waiting;
  #noise = '';

  constructor(spec) {
    const { name, command, args } = spec;
    this.name = name;
    this.spec = spec;
    this.#child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...QUIET } });
    this.#child.on('error', (error) => this.#settle({ error: error.message }));
    this.#child.on('exit', (code) =>
      this.#settle({ error: `its process ended with ${code}. ${this.#lastWords}`.trim() }),
    );
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.on('data', (words) => {
      this.#noise = (this.#noise + words).slice(-2000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#settle(JSON.parse(line)));
  }

  /** @throws Error with what the contender said, or where it takes longer than `seconds` */
  async ask(action, request = {}, seconds = 120) {
    if (this.#child.exitCode !== null) throw new Error(`its process is gone: ${this.#lastWords}`);
    const answer = await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.close();
        this.#settle({ error: `no answer within ${seconds} s` });
      }, seconds * 1000);
      this.#waiting = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      this.#child.stdin.write(`${JSON.stringify({ action, ...request })}\n`);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  close() {
    this.#child.kill('SIGKILL');
  }

  get #lastWords() {
    return this.#noise.trim().split('\n').at(-1) ?? '';
  }

  #settle(result) {
    const settle = this.#waiting;
    this.#waiting = undefined;
    settle?.(result);
  }
}
