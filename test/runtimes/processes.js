import { spawn } from 'node:child_process';

/** What a program printed. It ends with everything that it started when its time is over. */
export function run(command, args, { cwd, env, timeout = 120_000 } = {}) {
  return new Promise((resolve, reject) => {
    const program = start(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = { out: '', all: '' };
    program.child.stdout.on('data', (text) => {
      printed.out += text;
      printed.all += text;
    });
    program.child.stderr.on('data', (text) => (printed.all += text));
    const timer = setTimeout(() => {
      program.stop();
      reject(failure(`no end after ${timeout / 1000} s`));
    }, timeout);
    program.child.on('error', reject);
    program.child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(printed.out);
      else reject(failure(`ended with ${signal ?? code}`));
    });
    const failure = (what) =>
      new Error(`${command.split('/').at(-1)} ${what}: ${printed.all.trim().slice(-2000)}`);
  });
}

const running = new Set();

/** A program that goes on until it is stopped, the head of a process group so that what it started ends with it. */
export function start(command, args, { cwd, env = {}, stdio = 'ignore' } = {}) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: true });
  const program = {
    child,
    stop() {
      running.delete(program);
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {} // it ended by itself
    },
  };
  child.on('close', () => running.delete(program));
  running.add(program);
  return program;
}

process.on('exit', () => {
  for (const program of running) program.stop();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
