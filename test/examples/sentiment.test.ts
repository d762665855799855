import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { naiveBayes } from '../../examples/sentiment/bayes.js';
// @ts-expect-error: plain JavaScript, without declarations
import { folds, parseSentences, split } from '../../examples/sentiment/sentences.js';
import { complaints, ended, isBuilt, NOT_BUILT, start } from '../helpers/programs.js';

/*
 * The short form of examples/sentiment: its commands as their user starts them, on the built package, on sentences of a small grammar
 * that lie where the real ones would.
 */

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-sentiment-'));
const data = join(folder, 'data');

interface Sentence {
  text: string;
  label: number;
}

/** What words of praise and of blame tell; the generator has 31 bits. */
function grammar(count: number, seed: number): string {
  let state = seed;
  const pick = <T>(from: readonly T[]): T => {
    state = (state * 48271) % 2147483647;
    return from[(state >>> 8) % from.length] as T;
  };
  const line = () => {
    const label = pick([0, 1]);
    const word = pick(label === 1 ? ['great', 'fine', 'lovely'] : ['awful', 'dull', 'broken']);
    const thing = pick(['phone', 'film', 'soup']);
    return `The ${thing} ${pick(['is', 'was'])} ${word}${pick(['.', '!', ', I think.'])}  \t${label}\n`;
  };
  return Array.from({ length: count }, line).join('');
}

const run = (script: string, args: readonly string[], env = { LSTM_WASM_DATA: data }) =>
  ended(start(`sentiment/${script}`, args, { cwd: folder, env }));

beforeAll(() => {
  const place = join(data, 'datasets/sentiment-uci');
  mkdirSync(place, { recursive: true });
  for (const [n, name] of ['amazon_cells', 'imdb', 'yelp'].entries())
    writeFileSync(join(place, `${name}_labelled.txt`), grammar(100, n + 1));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the sentences', () => {
  const sentences: Sentence[] = parseSentences(grammar(100, 1), 'a.txt');

  it('are read to the last line, and end at \\n alone', () => {
    expect(sentences).toHaveLength(100);
    expect(parseSentences('One\u0085 two.  \t1\nThree\tfour. \t0\n', 'a.txt')).toEqual([
      { text: 'One\u0085 two.', label: 1 },
      { text: 'Three\tfour.', label: 0 },
    ]);
    expect(() => parseSentences('Fine.\t1\nNo label\n', 'a.txt')).toThrow(/a\.txt expected .* in line 2/);
  });

  it('are split by the seed alone, and no sentence is on both sides', () => {
    const { train, test } = split(sentences, 1);
    expect([train.length, test.length]).toEqual([80, 20]);
    expect(new Set([...train, ...test]).size).toBe(100);
    expect(split(sentences, 1)).toEqual({ train, test });
    expect(split(sentences, 2).test).not.toEqual(test);
  });

  it('are held out once each', () => {
    const parts: { held: Sentence[]; rest: Sentence[] }[] = folds(sentences, 5);
    expect(parts.flatMap(({ held }) => held)).toHaveLength(100);
    for (const { held, rest } of parts) expect(new Set([...held, ...rest]).size).toBe(100);
  });
});

it('naive Bayes weighs words by where they were, each once', () => {
  const judge = naiveBayes([
    { text: 'Good, good day', label: 1 },
    { text: 'bad day', label: 0 },
  ]);
  // Four words; the positive sentence has 3 of them, the negative one 2.
  expect(judge('GOOD')).toBeCloseTo(Math.log(2 / 7 / (1 / 6)));
  expect(judge('good good never-seen')).toBe(judge('good'));
  expect(judge('bad')).toBeLessThan(0);
});

describe.runIf(isBuilt)('the commands', () => {
  it('train, compare, draw, save and predict, twice the same', async () => {
    const args = ['--splits', '1', '--epochs', '14'];
    const [first, second] = await Promise.all(
      ['one', 'two'].map((name) => run('main.js', [...args, '--model', name, '--out', `${name}.svg`])),
    );
    expect(complaints(first)).toEqual([]);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('240 sentences to train on, 60 to test');
    expect(first.stdout).toMatch(/\| 1 +\| +(9\d|100)\.\d % \| .*\| +(9\d|100)\.\d % \|/);
    const comparable = (text: string) => text.replace(/^(Everything took|The figure| {2}node).*\n/gm, '');
    expect(comparable(first.stdout)).toBe(comparable(second.stdout));
    const read = (name: string) => readFileSync(join(folder, name));
    expect(readdirSync(join(folder, 'one'))).toHaveLength(5);
    for (const file of readdirSync(join(folder, 'one')))
      expect(read(`one/${file}`).equals(read(`two/${file}`))).toBe(true);
    expect(read('one.svg').toString()).toMatch(/^<svg [\s\S]*<\/svg>\n$/);

    const said = await run('predict.js', [
      '--model',
      'one',
      'The soup was great.',
      'The film is dull, I think.',
      '!?',
    ]);
    expect(said.stderr).toBe('');
    expect(said.stdout).toMatch(/^positive +\d+ % {2}The soup was great\.\nnegative .*\n\w+ .*\n$/);
  });

  it('say in one sentence what is missing', async () => {
    const nowhere = await run('main.js', [], { LSTM_WASM_DATA: join(folder, 'nowhere') });
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    expect(nowhere.stderr).toMatch(/^sentiment: .* is missing: download .*https:.*LSTM_WASM_DATA.*\n$/);
    const refused = [
      ['predict.js', ['--model', 'none', 'x'], 'predict: there is no model in none'],
      ['predict.js', [], 'predict: expected a text'],
      ['main.js', ['--splits', '0'], 'sentiment: --splits expected a whole number from 1 to 100, got "0"'],
    ] as const;
    const answers = await Promise.all(refused.map(([script, args]) => run(script, args)));
    for (const [n, { code, stderr }] of answers.entries()) {
      expect(code).toBe(2);
      expect(stderr).toContain(refused[n]?.[2]);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});

if (!isBuilt) it('the commands', (ctx) => ctx.skip(NOT_BUILT));
