import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../src/files/safetensors.js';

/*
 * examples/book as its user starts it: a process of its own, on the built package, in a folder of its own. The text is small,
 * the model too.
 */

const root = fileURLToPath(new URL('../', import.meta.url));
const main = join(root, 'examples/book/main.js');
const isBuilt = existsSync(join(root, 'build/index.js'));
const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-book-'));
const at = (name: string) => join(folder, name);

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Flags as text are split at spaces. */
function start(flags: string | readonly string[]): ChildProcess {
  const args = typeof flags === 'string' ? flags.split(' ').filter((flag) => flag !== '') : flags;
  return spawn(process.execPath, [...process.execArgv, main, ...args], { cwd: folder });
}

function ended(child: ChildProcess): Promise<Ended> {
  const result: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout?.on('data', (data) => {
    result.stdout += data;
  });
  child.stderr?.on('data', (data) => {
    result.stderr += data;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...result, code })));
}

const run = (flags: string | readonly string[]) => ended(start(flags));

/** Sentences of a small grammar, drawn by a generator of 31 bits. */
function grammarText(characters: number): string {
  let state = 12345;
  const pick = <T>(from: readonly T[]): T => {
    state = (state * 48271) % 2147483647;
    return from[state % from.length] as T;
  };
  let text = '';
  while (text.length < characters) {
    text += `The ${pick(['grey', 'old', 'small'])} ${pick(['cat', 'dog', 'whale'])} ${pick(['sees', 'eats'])} `;
    text += `${pick(['a fish', 'the moon', 'me'])}${pick(['.', '!', ', and sleeps.'])}\n`;
  }
  return text.slice(0, characters);
}

const SMALL = '--text small.txt --hidden 16 --length 40';

/** What a file holds of the model and of its training. */
function contents(name: string) {
  const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(at(name))));
  const bytes = Object.entries(tensors).map(([key, { data }]) => [
    key,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  ]);
  return { tensors: Object.fromEntries(bytes), metadata };
}

beforeAll(() => writeFileSync(at('small.txt'), grammarText(4000)));

afterAll(() => rmSync(folder, { recursive: true }));

describe.runIf(isBuilt)('the book', () => {
  let whole: Ended;

  beforeAll(async () => {
    whole = await run(`${SMALL} --steps 30 --out whole.safetensors`);
  });

  it('trains, shows samples, compares, and writes', () => {
    expect(whole.stderr).not.toContain('Error');
    expect(whole.code).toBe(0);
    expect(whole.stdout).toMatch(/3,800 characters to train on, the last 200 held out/);
    expect(whole.stdout).toMatch(/Runs on the (relaxed|simd) binary/);
    expect(whole.stdout.match(/^step \d+: The /gm)).toHaveLength(4);
    const bits = (name: string) =>
      Number(new RegExp(`^ +${name}.* (\\d\\.\\d{3})$`, 'm').exec(whole.stdout)?.[1]);
    expect(bits('unigram')).toBeGreaterThan(bits('trigram'));
    expect(bits('trigram')).toBeGreaterThan(0);
    expect(bits('gzip')).toBeGreaterThan(0);
    expect(bits('LSTM after 30 steps')).toBeGreaterThan(0);
    expect(bits('LSTM after 30 steps')).toBeLessThan(bits('unigram'));
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('writes where there is no terminal, without control sequences', () => {
    expect(whole.stdout).not.toContain('\u001b');
  });

  it('goes on to the same bits as a run without a stop', async () => {
    const first = await run(`${SMALL} --steps 13 --out part.safetensors`);
    const second = await run('--resume part.safetensors --steps 17 --length 1');
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(second.stdout).toContain('goes on after step 13');
    expect(contents('part.safetensors')).toEqual(contents('whole.safetensors'));
    expect(readFileSync(at('part.safetensors')).equals(readFileSync(at('whole.safetensors')))).toBe(true);
  });

  it('writes from a prompt, the same for a seed', async () => {
    const write = (seed: number) =>
      run(
        ['--resume', 'whole.safetensors', '--minutes', '0', '--prompt', 'The dog', '--length', '60'].concat(
          '--seed',
          `${seed}`,
        ),
      );
    const [one, again, other] = await Promise.all([write(1), write(1), write(2)]);
    expect([one.code, one.stderr.includes('Error')]).toEqual([0, false]);
    expect(one.stdout).toMatch(/^\nThe dog[\s\S]{60}\n$/);
    expect(again.stdout).toBe(one.stdout);
    expect(other.stdout).not.toBe(one.stdout);
  });

  it('begins anew on another text of the same characters', async () => {
    writeFileSync(at('other.txt'), grammarText(5000).split('\n').reverse().join('\n'));
    const { code, stdout } = await run(
      '--resume whole.safetensors --text other.txt --steps 2 --length 1 --out other.safetensors',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('another text');
  });

  it('stops where the loss is no number, and keeps the file', async () => {
    const before = readFileSync(at('whole.safetensors'));
    const { code, stderr } = await run('--resume whole.safetensors --lr 1e38 --steps 30');
    expect(code).toBe(1);
    expect(stderr).toMatch(/Training stopped: .*stays as it was/);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(readFileSync(at('whole.safetensors')).equals(before)).toBe(true);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('saves on %s', async (signal, code) => {
    const out = `${signal}.safetensors`;
    const child = start(`${SMALL} --steps 4000 --out ${out}`);
    const end = ended(child);
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (data) => /^step /m.test(`${data}`) && resolve());
    });
    child.kill(signal);
    const result = await end;
    expect(result.code).toBe(code);
    const [, steps, rest] =
      /after step ([\d,]+), saved[\s\S]*--resume \S+ --steps (\d+)/.exec(result.stdout) ?? [];
    const made = Number(steps?.replaceAll(',', ''));
    expect(made).toBeGreaterThan(0);
    expect(made + Number(rest)).toBe(4000);
    expect(JSON.parse(contents(out).metadata['lstm-wasm.trainer'] as string).step).toBe(String(made));
  });

  it('tells its flags', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const flag of ['text', 'hidden', 'minutes', 'steps', 'prompt', 'temperature', 'resume', 'out'])
      expect(stdout).toContain(`--${flag} `);
  });
});

const REFUSED: [flags: string | string[], says: RegExp][] = [
  ['--hiden 3', /^--hiden is no flag: expected one of/],
  ['story', /expected flags only, got "story"/],
  ['--hidden', /--hidden expected a value/],
  ['--hidden 0', /--hidden expected a whole number from 1 to 4096, got "0"/],
  ['--hidden 12.5', /--hidden expected a whole number/],
  ['--hidden many', /--hidden expected a whole number/],
  ['--minutes -1', /--minutes expected a number from 0/],
  ['--minutes soon', /--minutes expected a number/],
  ['--minutes 0', /--minutes 0 trains nothing: expected --resume/],
  ['--steps 1.5', /--steps expected a whole number/],
  ['--steps 3 --minutes 1', /--minutes and --steps/],
  ['--lr 0', /--lr expected a number above 0/],
  ['--temperature -1', /--temperature expected a number from 0/],
  ['--length 0', /--length expected a whole number from 1/],
  ['--seed -1', /--seed expected a whole number from 0/],
  ['--help=yes', /--help expected no value/],
  [['--prompt', ''], /--prompt expected at least one character/],
  [['--text', ''], /--text expected the name of a file/],
  ['--text none.txt', /--text expected a file, got none.txt: there is none/],
  ['--text a-folder', /--text expected a file, got a-folder: that is a folder/],
  ['--text empty.txt', /--text expected a text, got the empty file/],
  ['--text short.txt', /--text expected at least \d+ characters, got 5/],
  ['--text binary', /--text expected a text, got the binary file/],
  ['--text latin1.txt', /--text expected UTF-8/],
  [`${SMALL} --steps 1 --prompt §`, /--prompt expected only the \d+ characters that the model knows.*"§"/],
  ['--out nowhere/x.safetensors', /--out expected a file in a folder to write to/],
  ['--out a-folder', /--out expected a file, got a-folder/],
  ['--resume none.safetensors', /--resume expected a model.*there is none/],
  ['--resume small.txt', /--resume expected a model that was saved here, got small.txt/],
  ['--resume cut.safetensors', /--resume expected a model.*cut/],
  ['--resume empty.txt', /--resume expected a model/],
  ['--resume model.safetensors --hidden 17', /--hidden expected 16 as in the file of --resume, got 17/],
  ['--resume model.safetensors --text foreign.txt', /--text expected only the \d+ characters.*"é"/],
];

describe.runIf(isBuilt)('the book refuses', () => {
  beforeAll(async () => {
    mkdirSync(at('a-folder'));
    writeFileSync(at('empty.txt'), '');
    writeFileSync(at('short.txt'), 'short');
    writeFileSync(
      at('binary'),
      Uint8Array.from({ length: 5000 }, (_, n) => n % 256),
    );
    writeFileSync(at('latin1.txt'), Buffer.from('caf\u00e9 '.repeat(1000), 'latin1'));
    writeFileSync(at('foreign.txt'), 'caf\u00e9 '.repeat(1000));
    const { code } = await run(`${SMALL} --steps 1 --out model.safetensors`);
    expect(code).toBe(0);
    writeFileSync(at('cut.safetensors'), readFileSync(at('model.safetensors')));
    truncateSync(at('cut.safetensors'), statSync(at('model.safetensors')).size - 100);
  });

  it.concurrent.each(REFUSED)('%s', async (flags, says) => {
    const { code, stdout, stderr } = await run(flags);
    const complaint = stderr
      .split('\n')
      .filter((line) => line !== '' && !/Warning|--trace-warnings/.test(line));
    expect(complaint).toHaveLength(1);
    expect(complaint[0]).toMatch(says);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

if (!isBuilt) it('the book', (ctx) => ctx.skip('build/index.js is missing: npm run build'));
