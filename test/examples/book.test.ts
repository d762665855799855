import {
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { Curve } from '../../examples/book/curve.js';
import { readSafetensors } from '../../src/files/safetensors.js';
import { complaints, type Ended, ended, isBuilt, NOT_BUILT, start } from '../helpers/programs.js';

/*
 * examples/book as its user starts it: a process of its own, on the built package, in a folder of its own. The text is small,
 * the model too.
 */

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-book-'));
const at = (name: string) => join(folder, name);

type Flags = string | readonly string[];

/** Flags as text are split at spaces. */
function startBook(script: string, flags: Flags, data = 'data') {
  const args = typeof flags === 'string' ? flags.split(' ').filter((flag) => flag !== '') : flags;
  return start(`book/${script}`, args, { cwd: folder, env: { LSTM_WASM_DATA: at(data) } });
}

const run = (flags: Flags) => ended(startBook('main.js', flags));
const predict = (flags: Flags) => ended(startBook('predict.js', flags));

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

const stepIn = (name: string) => JSON.parse(contents(name).metadata['lstm-wasm.trainer'] as string).step;

/** A training that a signal ends after its first steps. */
async function interrupted(flags: string, signal: 'SIGINT' | 'SIGTERM'): Promise<Ended> {
  const child = startBook('main.js', flags);
  const end = ended(child);
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (data) => /^step /m.test(`${data}`) && resolve());
  });
  child.kill(signal);
  return end;
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
      Number(new RegExp(`^\\| ${name}.* (\\d\\.\\d{3}) \\|$`, 'm').exec(whole.stdout)?.[1]);
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

  it('draws how it learned', () => {
    const svg = readFileSync(at('book.svg'), 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    // 30 steps are 30 points, joined by 29 lines.
    expect(svg).toMatch(/ d="M[\d.,]+(L[\d.,]+){29}"/);
    for (const name of ['unigram', 'trigram', 'gzip -9', 'LSTM when trained, on the text held out'])
      expect(svg).toMatch(new RegExp(`${name}: \\d\\.\\d\\d<`));
  });

  it('starts over on another text of the same characters', async () => {
    writeFileSync(at('other.txt'), grammarText(5000).split('\n').reverse().join('\n'));
    const { code, stdout } = await run(
      '--resume whole.safetensors --text other.txt --steps 2 --length 1 --out other.safetensors',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('not the text the model was trained on');
  });

  it('stops where the loss is no number, and keeps the file', async () => {
    const before = readFileSync(at('whole.safetensors'));
    const { code, stderr } = await run('--resume whole.safetensors --lr 1e38 --steps 30');
    expect(code).toBe(1);
    expect(stderr).toMatch(/Training stopped: .*stays as it was/);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(readFileSync(at('whole.safetensors')).equals(before)).toBe(true);
  });

  it('saves on SIGINT, and resumes to the same bits as a run without a stop', async () => {
    const flags = `${SMALL} --dropout 0.2 --steps 400`;
    const uninterrupted = await run(`${flags} --out without.safetensors`);
    expect(uninterrupted.code).toBe(0);
    const { code, stdout } = await interrupted(`${flags} --out part.safetensors`, 'SIGINT');
    expect(code).toBe(130);
    const [, steps, rest] = /after step (\d+), saved[\s\S]*npm start -- (--resume \S+)$/m.exec(stdout) ?? [];
    expect(Number(steps)).toBeGreaterThan(0);
    expect(Number(steps)).toBeLessThan(400);
    expect(stepIn('part.safetensors')).toBe(steps);
    const resumed = await run(`${rest} --length 1`);
    expect(resumed.stdout).toContain(`continues after step ${steps}`);
    expect(contents('part.safetensors')).toEqual(contents('without.safetensors'));
    expect(readFileSync(at('part.safetensors')).equals(readFileSync(at('without.safetensors')))).toBe(true);
  });

  it('saves on SIGTERM, and ends its threads', async () => {
    const { code, stdout } = await interrupted(`${SMALL} --threads 2 --out two.safetensors`, 'SIGTERM');
    expect(code).toBe(143);
    expect(stepIn('two.safetensors')).toBe(/after step (\d+), saved/.exec(stdout)?.[1]);
  });

  it('tells its flags', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const flag of ['text', 'held-out', 'minutes', 'steps', 'top-p', 'resume', 'out', 'plot'])
      expect(stdout).toContain(`--${flag} `);
  });
});

describe.runIf(isBuilt)('the named text', () => {
  it('is read from the data, with its share held out', async () => {
    mkdirSync(at('data/datasets/tinyshakespeare'), { recursive: true });
    writeFileSync(at('data/datasets/tinyshakespeare/tinyshakespeare.txt'), `ROMEO:\n${grammarText(3993)}`);
    const flags = '--hidden 16 --steps 2 --length 1 --out plays.safetensors --plot plays.svg';
    const plays = await run(`--text shakespeare ${flags}`);
    expect(plays.stderr).toBe('');
    expect(plays.stdout).toMatch(/3,600 characters to train on, the last 400 held out/);
    expect(plays.stdout).toMatch(/^step 2: ROMEO: /m);
    expect(plays.stdout).toContain('Runs on the simd binary, which gives the same bits everywhere');
  });

  it('is missing: says where to get it', async () => {
    const { code, stdout, stderr } = await ended(startBook('main.js', '--text shakespeare', 'nowhere'));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^book: .*is missing: download tinyshakespeare from https:.*LSTM_WASM_DATA.*\n$/);
  });
});

describe.runIf(isBuilt)('predict', () => {
  const write = (flags: string) => predict(`--model writer.safetensors --length 60 ${flags}`);

  beforeAll(async () => {
    const { code } = await run(`${SMALL} --held-out 0.2 --steps 30 --out writer.safetensors`);
    expect(code).toBe(0);
  });

  it('writes from a prompt, the same for a seed', async () => {
    const prompt = ['--model', 'writer.safetensors', '--length', '60', '--prompt', 'The dog'];
    const [one, again, other] = await Promise.all(
      ['1', '1', '2'].map((seed) => predict([...prompt, '--seed', seed])),
    );
    expect([one?.code, one?.stderr]).toEqual([0, '']);
    expect(one?.stdout).toMatch(/^The dog[\s\S]{60}\n$/);
    expect(again?.stdout).toBe(one?.stdout);
    expect(other?.stdout).not.toBe(one?.stdout);
  });

  it('draws only from the likeliest with top-k', async () => {
    const [likeliest, topK, topP, all] = await Promise.all(
      [
        '--temperature 0',
        '--temperature 3 --top-k 1',
        '--temperature 3 --top-p 0.001',
        '--temperature 3',
      ].map(write),
    );
    expect(likeliest?.code).toBe(0);
    expect(topK?.stdout).toBe(likeliest?.stdout);
    expect(topP?.stdout).toBe(likeliest?.stdout);
    expect(all?.stdout).not.toBe(likeliest?.stdout);
  });

  it('shows each character as it is drawn', async () => {
    const child = startBook('predict.js', '--model writer.safetensors --length 1000000');
    const end = ended(child);
    const first = await new Promise<string>((resolve) =>
      child.stdout?.once('data', (data) => resolve(`${data}`)),
    );
    expect(first.length).toBeLessThan(1000);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await end;
    expect([code, stderr]).toEqual([130, 'predict: interrupted by SIGINT\n']);
    expect(stdout.startsWith('The ')).toBe(true);
    expect(stdout.length).toBeLessThan(1_000_000);
  });

  it.concurrent.each<[flags: Flags, says: RegExp]>([
    [
      '--model none.safetensors',
      /--model expected a model that was saved here, got none.safetensors: there is none/,
    ],
    ['--modle writer.safetensors', /Unknown option '--modle'/],
    ['--model writer.safetensors --top-k 0', /--top-k expected a whole number from 1/],
    ['--model writer.safetensors --top-p 1.5', /--top-p expected a number from 0.001 to 1, got "1.5"/],
    [
      '--model writer.safetensors --prompt §',
      /--prompt expected only the \d+ characters that the model knows.*"§"/,
    ],
  ])('refuses %s', async (flags, says) => {
    const result = await predict(flags);
    expect(complaints(result)).toEqual([expect.stringMatching(says)]);
    expect([result.code, result.stdout]).toEqual([2, '']);
  });
});

const REFUSED: [flags: Flags, says: RegExp][] = [
  ['--hiden 3', /^book: Unknown option '--hiden'; see --help/],
  ['story', /Unexpected argument 'story'/],
  ['--hidden', /'--hidden <value>' argument missing/],
  ['--hidden 0', /--hidden expected a whole number from 1 to 4096, got "0"/],
  ['--hidden many', /--hidden expected a whole number/],
  ['--minutes=-1', /--minutes expected a number from 0.001/],
  ['--minutes 0', /--minutes expected a number from 0.001/],
  ['--held-out 1', /--held-out expected a number from 0.001 to 0.9/],
  ['--top-k none', /--top-k expected a whole number from 1/],
  ['--top-p 0', /--top-p expected a number from 0.001/],
  ['--steps 1.5', /--steps expected a whole number/],
  ['--steps 3 --minutes 1', /--minutes and --steps/],
  ['--lr 0', /--lr expected a number from 1e-9/],
  ['--temperature=-1', /--temperature expected a number from 0/],
  ['--length 0', /--length expected a whole number from 1/],
  ['--seed=-1', /--seed expected a whole number from 0/],
  ['--help=yes', /'-h, --help' does not take an argument/],
  [['--prompt', ''], /--prompt expected at least one character/],
  [['--text', ''], /--text expected the name of a file/],
  ['--text none.txt', /--text expected a file, got none.txt: there is none/],
  ['--text a-folder', /--text expected a file, got a-folder: that is a folder/],
  ['--text empty.txt', /--text expected a text, got the empty file/],
  ['--text short.txt', /--text expected at least \d+ characters, got 5/],
  ['--text binary', /--text expected a text, got the binary file/],
  ['--text latin1.txt', /--text expected UTF-8/],
  [`${SMALL} --steps 1 --prompt §`, /--prompt expected only the \d+ characters that the model knows.*"§"/],
  ['--out nowhere/x.safetensors', /--out expected a file that can be written.*there is no such folder/],
  ['--out a-folder', /--out expected a file that can be written.*it is a folder/],
  ['--plot a-folder', /--plot expected a file that can be written/],
  ['--resume none.safetensors', /--resume expected a model.*there is none/],
  ['--resume small.txt', /--resume expected a model that was saved here, got small.txt/],
  ['--resume cut.safetensors', /--resume expected a model.*cut/],
  ['--resume empty.txt', /--resume expected a model/],
  ['--resume model.safetensors --hidden 17', /--hidden expected 16 as in the file of --resume, got 17/],
  [
    '--resume model.safetensors --held-out 0.1',
    /--held-out expected 0.05 as in the file of --resume, got 0.1/,
  ],
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
    const result = await run(flags);
    expect(complaints(result)).toEqual([expect.stringMatching(says)]);
    expect([result.code, result.stdout]).toEqual([2, '']);
  });
});

describe('the curve', () => {
  it('keeps means of equally many steps, in a bounded number', () => {
    let curve = new Curve();
    for (let n = 0; n < 1000; n++) {
      curve.add(n);
      // As where a training was interrupted.
      if (n % 7 === 0) curve = new Curve(JSON.parse(JSON.stringify(curve)));
    }
    expect(curve.points.length).toBe(125);
    // Eight steps each: the mean of 0 to 7 lies in the middle of steps 1 to 8.
    expect(curve.points.slice(0, 2)).toEqual([
      [4, 3.5],
      [12, 11.5],
    ]);
  });
});

if (!isBuilt) it('the book', (ctx) => ctx.skip(NOT_BUILT));
