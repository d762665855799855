import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { chrF } from '../../examples/translation/chrf.js';
// @ts-expect-error: plain JavaScript, without declarations
import { pairsOf, parseSentences, readSentences, split } from '../../examples/translation/corpus.js';
// @ts-expect-error: plain JavaScript, without declarations
import { nearestNeighbour } from '../../examples/translation/nearest.js';
// @ts-expect-error: plain JavaScript, without declarations
import { readOptions, readTexts } from '../../examples/translation/options.js';
// @ts-expect-error: plain JavaScript, without declarations
import { beam, greedy } from '../../examples/translation/search.js';
// @ts-expect-error: plain JavaScript, without declarations
import { sentenceOf, tokensOf } from '../../examples/translation/tokens.js';
// @ts-expect-error: plain JavaScript, without declarations
import { createTranslator, SETTINGS, trainTranslator } from '../../examples/translation/training.js';
// @ts-expect-error: plain JavaScript, without declarations
import { translate } from '../../examples/translation/translate.js';
import { createRuntime } from '../../src/index.js';
import { externalData, missing } from '../helpers/external-data.js';
import { complaints, ended, isBuilt, NOT_BUILT, start } from '../helpers/programs.js';

/*
 * The short form of examples/translation, on a made-up corpus: in French the colour stands behind its noun and agrees with it, and the
 * verb agrees with its subject.
 */

const FILE = 'datasets/tatoeba-fra/fra-eng.zip';
const TATOEBA = externalData(FILE);

interface Sentence {
  english: string;
  french: string[];
}

const VERBS = {
  'I see': 'je vois',
  'we want': 'nous voulons',
  'you have': 'tu as',
  'they sell': 'ils vendent',
  'she buys': 'elle achète',
};
const COLOURS = [
  ['red', 'rouge', 'rouge'],
  ['green', 'vert', 'verte'],
  ['black', 'noir', 'noire'],
  ['white', 'blanc', 'blanche'],
  ['grey', 'gris', 'grise'],
] as const;
const NOUNS = {
  cat: 'm chat',
  dog: 'm chien',
  book: 'm livre',
  coat: 'm manteau',
  boat: 'm bateau',
  house: 'f maison',
  car: 'f voiture',
  shirt: 'f chemise',
  table: 'f table',
  chair: 'f chaise',
};
const ARTICLES = { the: ['le', 'la'], a: ['un', 'une'] } as const;

/** All 500 sentences of the grammar, as lines of fra.txt. */
function grammar(): string {
  const lines: string[] = [];
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  for (const [subject, verb] of Object.entries(VERBS))
    for (const [article, articles] of Object.entries(ARTICLES))
      for (const [colour, ...colours] of COLOURS)
        for (const [noun, french] of Object.entries(NOUNS)) {
          const gender = french.startsWith('m') ? 0 : 1;
          const object = `${articles[gender]} ${french.slice(2)} ${colours[gender]}`;
          lines.push(`${capital(subject)} ${article} ${colour} ${noun}.\t${capital(verb)} ${object}.\n`);
        }
  return lines.join('');
}

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-translation-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('tokens', () => {
  it.each([
    ["L'eau qu'il boit", 'french', ["l'", 'eau', "qu'", 'il', 'boit']],
    ['Où allez-vous ?', 'french', ['où', 'allez', '-vous', '?']],
    ["I can't, Tom’s here.", 'english', ['i', 'can', "'t", ',', 'Tom', "'s", 'here', '.']],
  ])('of %j', (text, language, tokens) => expect(tokensOf(text, language)).toEqual(tokens));

  it.each(["L'eau qu'il boit.", 'Où allez-vous ?', 'Est-ce que Tom viendra\u202f?', 'Aujourd’hui, non !'])(
    'of %j become the sentence again',
    (text) => {
      const again: string = sentenceOf(tokensOf(text, 'french'));
      expect(again).toBe(text.replace('’', "'").replace('\u202f', ' '));
    },
  );
});

describe('the corpus', () => {
  const text =
    'Run!\tCours !\nRun!\tCourez !\textra\nRun.\tCours.\nThis one has far too many words.\tTrop.\nHi.\tSalut.\n';

  it('has the translations of one sentence together, and no long ones', () => {
    expect(parseSentences(text)).toEqual([
      { english: 'Run!', french: ['Cours !', 'Courez !'] },
      { english: 'Run.', french: ['Cours.'] },
      { english: 'Hi.', french: ['Salut.'] },
    ]);
    expect(() => parseSentences('Hi.\tSalut.\nHi.\n')).toThrow(/line 2/);
  });

  it('is split by English sentences, whatever their punctuation', () => {
    const some: Sentence[] = parseSentences(grammar() + text);
    const parts: Record<string, Sentence[]> = split(some, { validation: 20, test: 30, seed: 1 });
    const all = Object.values(parts).flat();
    expect(all).toHaveLength(some.length);
    expect(new Set(all)).toEqual(new Set(some));
    for (const part of Object.values(parts)) {
      const runs = part.filter(({ english }) => english.startsWith('Run'));
      expect([0, 2]).toContain(runs.length);
    }
    expect(split(some, { validation: 20, test: 30, seed: 1 })).toEqual(parts);
  });

  it.skipIf(!TATOEBA)(`of Tatoeba has 89,379 short pairs${TATOEBA ? '' : `: ${missing(FILE)}`}`, async () => {
    const sentences: Sentence[] = await readSentences();
    expect(pairsOf(sentences)).toHaveLength(89379);
  });
});

/** Checked once against sacreBLEU 2.6 (`CHRF().corpus_score`), except those that can be computed by hand. */
describe('chrF', () => {
  it.each([
    // All n-grams are there; of "abc" two of three letters, one of two pairs and no triple: (2/3 + 1/2 + 0) / 3.
    ['the same', ['Le chat.'], [['Le chat.']], 100],
    ['white space', ['Le chat !'], [['Lechat\u202f!']], 100],
    ['by hand', ['abc'], [['abd']], 100 * ((2 / 3 + 1 / 2) / 3)],
    ['nothing', [''], [['Oui']], 0],
    ['a short one', ['Oui'], [['Oui, monsieur']], 21.218715995647443],
    ['a long one', ['Bonjour, monsieur'], [['Oui']], 11.904761904761903],
    ['two references', ['Un chat noir.'], [['Le chat est noir.', 'Un chien noir !']], 42.66996052981464],
    [
      'a corpus',
      ['Le chat dort.', 'Je ne sais pas.', 'Oui'],
      [
        ['Un chat dort.', 'Le chien dort.'],
        ["Je l'ignore.", 'Je ne le sais pas.'],
        ['Oui, monsieur.', 'Bien sûr.'],
      ],
      53.07203103340028,
    ],
  ])('of %s', (_, translations, references, score) =>
    expect(chrF(translations, references)).toBeCloseTo(score, 10),
  );
});

it('the nearest neighbour shares rare words', () => {
  const nearest = nearestNeighbour([
    { source: ['the', 'cat', '.'], french: 'Le chat.' },
    { source: ['the', 'dog', '.'], french: 'Le chien.' },
    { source: ['the', 'one', '.'], french: 'Le même.' },
  ]);
  expect(nearest(['a', 'dog', '!'])).toBe('Le chien.');
  expect(nearest(['the', 'cat', '?'])).toBe('Le chat.');
});

describe('a translator of the made-up corpus', () => {
  const parts = split(parseSentences(grammar()), { validation: 16, test: 32, seed: 2 });
  const settings = {
    ...SETTINGS,
    size: 24,
    hidden: 48,
    readout: 24,
    dropout: 0,
    batchSize: 16,
    epochs: 10,
    lr: 0.01,
  };
  // biome-ignore lint/suspicious/noExplicitAny: plain JavaScript, without declarations
  let trained: any;
  beforeAll(async () => {
    trained = await trainTranslator(parts, { settings, runtime: createRuntime({ seed: 1 }) });
  });
  const english = parts.test.map((sentence: Sentence) => sentence.english);

  it.each([
    ['greedy', {}],
    ['by beam', { width: 5 }],
  ])('is right on combinations that it never saw, %s', (_, options) => {
    const texts = translate(trained, english, options).map(({ text }: { text: string }) => text);
    const right = parts.test.filter(({ french }: Sentence, n: number) => french.includes(texts[n]));
    expect(right.length).toBeGreaterThanOrEqual(30);
  });

  it('a beam of one is greedy, and a wider one finds no less likely translations', () => {
    const { source, target } = trained.vocabularies;
    const sources = english.map((text: string) => source.encode(tokensOf(text, 'english')));
    const first = greedy(trained.model, sources, target);
    expect(beam(trained.model, sources, target, 1)).toEqual(first);
    for (const [n, { score }] of beam(trained.model, sources, target, 5).entries())
      expect(score).toBeGreaterThanOrEqual(first[n].score);
  });

  it('a beam helps where there is doubt', () => {
    const { source, target } = trained.vocabularies;
    const untrained = createTranslator(trained.vocabularies, settings, createRuntime({ seed: 5 }));
    const sources = english.map((text: string) => source.encode(tokensOf(text, 'english')));
    const mean = (found: { score: number }[]) =>
      found.reduce((sum, { score }) => sum + score, 0) / found.length;
    const [one, five] = [1, 5].map((width) => mean(beam(untrained, sources, target, width)));
    expect(five).toBeGreaterThan(one);
  });

  it('translates a sentence alone as in a batch', () => {
    const all = translate(trained, english);
    for (const n of [0, 7]) expect(translate(trained, [english[n]])[0]).toEqual(all[n]);
  });

  it('looks at the noun when it writes it', () => {
    const [{ read, written, attention }] = translate(trained, ['I see the green house.']);
    expect(written).toEqual(['je', 'vois', 'la', 'maison', 'verte', '.']);
    expect(attention).toHaveLength(7);
    // "maison" is the fourth word, "house" the fifth.
    expect(attention[3].indexOf(Math.max(...attention[3]))).toBe(4);
    for (const weights of attention) {
      expect(weights).toHaveLength(read.length);
      expect(weights.reduce((sum: number, weight: number) => sum + weight)).toBeCloseTo(1, 5);
    }
  });
});

it('wrong flags raise errors that say what is expected', () => {
  const refusals = [
    [['--hidden', '31'], '--hidden expected an even number, half for each direction, got "31"'],
    [['--epochs', 'many'], '--epochs expected a whole number from 1 to 1000, got "many"'],
    [['--model', ''], '--model expected the name of a file, got ""'],
  ] as const;
  for (const [args, message] of refusals) expect(() => readOptions(args)).toThrow(message);
  expect(() => readTexts([' '])).toThrow('expected an English sentence');
});

describe.runIf(isBuilt)('the commands', () => {
  const data = join(folder, 'data');
  const run = (script: string, args: readonly string[], env = { LSTM_WASM_DATA: data }) =>
    ended(start(`translation/${script}`, args, { cwd: folder, env }));
  beforeAll(() => {
    mkdirSync(join(data, 'datasets/tatoeba-fra'), { recursive: true });
    writeFileSync(join(data, FILE), zipSync({ 'fra.txt': strToU8(grammar()) }));
  });

  it('train, compare, draw, save and translate, twice the same', async () => {
    const args = ['--epochs', '8', '--hidden', '32', '--size', '16', '--validation', '16', '--test', '32'];
    const [first, second] = await Promise.all(
      ['one', 'two'].map((name) => run('main.js', [...args, '--model', name, '--out', `${name}.svg`])),
    );
    expect(complaints(first)).toEqual([]);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('train: 452 English sentences, 452 pairs');
    expect(first.stdout).toMatch(/\| greedy +\| +\d+\.\d\d \|/);
    expect(second.code).toBe(0);
    const bytes = (name: string) => readFileSync(join(folder, name));
    expect(bytes('one').equals(bytes('two'))).toBe(true);
    expect(bytes('one.svg').equals(bytes('two.svg'))).toBe(true);
    expect(bytes('one.svg').toString()).toMatch(/^<svg [\s\S]*<\/svg>\n$/);

    const said = await run('predict.js', ['--model', 'one', 'I see the red cat.']);
    expect(said.stderr).toBe('');
    expect(said.stdout).toMatch(/^I see the red cat\.\n {2}greedy {2}\S.*\n {2}beam 5 {2}\S.*\n/);
    expect(said.stdout).toMatch(/\| +\| +i \| see \| the \| red \| cat \| {2}\. \|/);
  });

  it('say in one sentence what is missing', async () => {
    const refused = [
      ['predict.js', ['--model', 'none', 'Hi.'], 'there is no translator in none'],
      [
        'predict.js',
        ['--model', 'data/datasets/tatoeba-fra/fra-eng.zip', 'Hi.'],
        'is not a translator saved',
      ],
      ['reference/export.js', [], 'expected a file first'],
    ] as const;
    const nowhere = run('main.js', [], { LSTM_WASM_DATA: join(folder, 'nowhere') });
    const answers = await Promise.all(refused.map(([script, args]) => run(script, args)));
    expect((await nowhere).stderr).toMatch(
      /^translation: .* is missing: download .*https:.*LSTM_WASM_DATA.*\n$/,
    );
    for (const [n, { code, stderr }] of answers.entries()) {
      expect(stderr).toContain(refused[n]?.[2]);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(code).toBe(2);
    }
  });
});

if (!isBuilt) it('the commands', (ctx) => ctx.skip(NOT_BUILT));
