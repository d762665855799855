import { describe, expect, it } from 'vitest';
import { tokenize, WordVocabulary } from '../../src/data/index.js';
import { loadModel, saveModel } from '../../src/files/index.js';
import { Embedding } from '../../src/index.js';

describe('tokenize of a text without spaces', () => {
  it.each(['a-', '1,'])('of %j, five million times', (part) => {
    const tokens = tokenize(part.repeat(5_000_000));
    expect(tokens.join('').length).toBe(10_000_000);
    expect(tokens[0]).toBe(part.repeat(1001).slice(0, -1));
  });
});

describe('tokenize', () => {
  it.each([
    ['', []],
    [' \t\n\u00a0\u3000', []],
    ['The cat sat.', ['The', 'cat', 'sat', '.']],
    ["It's a well-known 'fact'!", ["It's", 'a', 'well-known', "'", 'fact', "'", '!']],
    ['l’eau n’est—pas… «là»', ['l’eau', 'n’est', '—', 'pas', '…', '«', 'là', '»']],
    ['3.14, 1,000 and 5.', ['3.14', ',', '1,000', 'and', '5', '.']],
    ['a@b.org <unk> $9', ['a', '@', 'b', '.', 'org', '<', 'unk', '>', '$', '9']],
    ['naïve Ψυχή привет 東京、日本', ['naïve', 'Ψυχή', 'привет', '東京', '、', '日本']],
    ['cafe\u0301 👍🏽 go', ['cafe\u0301', '👍🏽', 'go']],
  ])('%j', (text, expected) => expect(tokenize(text)).toEqual(expected));
});

const TEXTS = ['b a c', 'a b d', 'a e', 'Ä a'];

describe('WordVocabulary', () => {
  it('gives ids by falling count, then by code units, behind the special ones', () => {
    const vocabulary = WordVocabulary.of(TEXTS);
    expect(vocabulary.symbols.slice(0, 4)).toEqual(['<pad>', '<unk>', '<start>', '<end>']);
    expect(vocabulary.symbols.slice(4)).toEqual(['a', 'b', 'c', 'd', 'e', 'Ä']);
    const { padding, unknown, start, end } = vocabulary;
    expect([padding, unknown, start, end, vocabulary.size]).toEqual([0, 1, 2, 3, 10]);
    expect(['a', 'b', 'x', '<unk>'].map((word) => vocabulary.count(word))).toEqual([4, 2, 0, 0]);
    expect(['a', 'x', '<pad>'].map((word) => vocabulary.has(word))).toEqual([true, false, false]);
  });

  it.each([
    [{ minCount: 2 }, 'a b'],
    [{ maxSize: 7 }, 'a b c'],
    [{ maxSize: 5, minCount: 1 }, 'a'],
    [{ lowerCase: true, minCount: 1 }, 'a b c d e ä'],
  ])('keeps words by %j', (options, words) => {
    expect(WordVocabulary.of(TEXTS, options).symbols.slice(4).join(' ')).toBe(words);
  });

  it('encodes, with start and end where they are asked for', () => {
    const vocabulary = WordVocabulary.of(TEXTS);
    expect([...vocabulary.encode('b x a')]).toEqual([5, 1, 4]);
    expect([...vocabulary.encode(['b', 'x'], { start: true, end: true })]).toEqual([2, 5, 1, 3]);
    expect([...vocabulary.encode('', { end: true })]).toEqual([3]);
    expect([...WordVocabulary.of(TEXTS, { lowerCase: true }).encode('A ä')]).toEqual([4, 9]);
  });

  it('decodes up to the end, without start and padding', () => {
    const vocabulary = WordVocabulary.of(TEXTS);
    expect(vocabulary.decode([2, 5, 0, 1, 4, 3, 5, 0])).toBe('b <unk> a');
    expect(vocabulary.decode(Uint8Array.of(3))).toBe('');
    expect(vocabulary.decode(vocabulary.encode('a b c'))).toBe('a b c');
  });

  it('never takes text for a special symbol', () => {
    const split = (text: string) => text.split(' ');
    const vocabulary = WordVocabulary.of(['<end> <pad> <end> a'], { tokenize: split });
    expect(vocabulary.symbols.slice(4)).toEqual(['a']);
    expect([...vocabulary.encode('<end> <start> <pad> a __proto__')]).toEqual([1, 1, 1, 4, 1]);
  });

  it('is the same from the metadata of a model', () => {
    const vocabulary = WordVocabulary.of(['a __proto__ "b" 😀', 'constructor a'], { lowerCase: true });
    const model = new Embedding(vocabulary.size, 2);
    const bytes = saveModel(model, { metadata: { words: JSON.stringify(vocabulary) } });
    const again = WordVocabulary.fromJSON(loadModel(bytes).metadata.words);
    expect(again.toJSON()).toEqual(vocabulary.toJSON());
    expect(again.encode('A "B" __proto__')).toEqual(vocabulary.encode('a "b" __proto__'));
    expect(again.count('a')).toBe(2);
  });

  it('takes its function for tokens along by hand', () => {
    const letters = (text: string) => [...text];
    const vocabulary = WordVocabulary.of(['abba'], { tokenize: letters });
    const again = WordVocabulary.fromJSON(JSON.stringify(vocabulary), { tokenize: letters });
    expect([...again.encode('ab')]).toEqual([4, 5]);
  });

  it('takes tokens as they are, and any iterable', () => {
    const lists = new Set([
      ['New York', 'is'],
      ['is', 'is'],
    ]);
    expect(WordVocabulary.of(lists).symbols.slice(4)).toEqual(['is', 'New York']);
  });
});
