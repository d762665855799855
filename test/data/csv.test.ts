import { describe, expect, it } from 'vitest';
import { countMissing, readCsv } from '../../src/data/index.js';

const WEATHER = 'date,max,kind\r\n2012-01-01,12.8,"rain, ""heavy"""\r\n2012-01-02,-1e1,"two\r\nlines"\r\n';

describe('readCsv', () => {
  it('reads what RFC 4180 says', async () => {
    const table = await readCsv(WEATHER);
    expect([table.columns, table.length]).toEqual([['date', 'max', 'kind'], 2]);
    expect(table.text('date')).toEqual(['2012-01-01', '2012-01-02']);
    expect(table.text('kind')).toEqual(['rain, "heavy"', 'two\r\nlines']);
    expect(table.numbers(['max'])).toEqual({
      data: Float32Array.of(12.8, -10),
      shape: [2, 1],
      columns: ['max'],
    });
  });

  it.each([
    ['a mark of byte order', '\ufeffa,b\n1,2\n'],
    ['no line break at the end', 'a,b\n1,2'],
    ['spaces', ' a , b \n 1 , 2 \n'],
    ['carriage returns', 'a,b\r1,2\r'],
  ])('of %s', async (_, text) => {
    const { data, columns } = (await readCsv(text)).numbers();
    expect([[...data], columns]).toEqual([
      [1, 2],
      ['a', 'b'],
    ]);
  });

  it('of other delimiters, and without a header', async () => {
    const table = await readCsv('1;2\n3;4\n', { delimiter: ';', header: false });
    expect([table.columns, table.length]).toEqual([['0', '1'], 2]);
    expect([...table.numbers(['1', '0']).data]).toEqual([2, 1, 4, 3]);
    expect((await readCsv('a\tb\n1\t2', { delimiter: '\t' })).columns).toEqual(['a', 'b']);
  });

  it('of columns and no rows', async () => {
    const table = await readCsv('a,b\n');
    expect([table.length, table.numbers().shape]).toEqual([0, [0, 2]]);
  });

  it('takes for missing what is named, and nothing else', async () => {
    const table = await readCsv('x,y\n1,NA\n,2\n NA ,3\n');
    const series = table.numbers(['x', 'y'], { missing: ['', 'NA'] });
    expect([...series.data]).toEqual([1, Number.NaN, Number.NaN, 2, Number.NaN, 3]);
    expect(countMissing(series)).toEqual([2, 1]);
  });

  it('keeps an empty cell of the only column', async () => {
    const table = await readCsv('x\n1\n\n3\n');
    expect([...table.numbers(['x'], { missing: [''] }).data]).toEqual([1, Number.NaN, 3]);
  });

  it.each(['1', '-2.5', '+3', '.5', '7.', '1e3', '2E-2', ' 4 '])('knows %j for a number', async (cell) => {
    expect((await readCsv(`x\n${cell}\n`)).numbers().data[0]).toBe(Math.fround(Number(cell)));
  });
});

const refused: [what: string, act: () => unknown, error: typeof TypeError, message: RegExp][] = [
  [
    'a number for text',
    () => readCsv(3 as never),
    TypeError,
    /^text expected a string, a Uint8Array.*, got 3$/,
  ],
  ['no text', () => readCsv(''), RangeError, /^text expected .*got none/],
  [
    'an unknown option',
    () => readCsv('a', { delimeter: ';' } as never),
    TypeError,
    /did you mean "delimiter"\?$/,
  ],
  [
    'a delimiter of no text',
    () => readCsv('a', { delimiter: 1 as never }),
    TypeError,
    /^delimiter expected one character/,
  ],
  ...['', ';;', '"', '\n'].map((delimiter): (typeof refused)[number] => [
    `a delimiter of ${JSON.stringify(delimiter)}`,
    () => readCsv('a', { delimiter }),
    RangeError,
    /^delimiter expected one character/,
  ]),
  [
    'a header of no kind',
    () => readCsv('a', { header: 1 as never }),
    TypeError,
    /^header expected true or false/,
  ],
  ['too few cells', () => readCsv('a,b\n1,2\n3\n'), RangeError, /^text, line 3 expected 2 cells .*, got 1 /],
  ['too many cells', () => readCsv('a,b\n1,2,3\n'), RangeError, /^text, line 2 expected 2 cells .*, got 3 /],
  ['a name twice', () => readCsv('a, a\n1,2\n'), RangeError, /^text expected different .*, got "a" twice$/],
  [
    'a quote without an end',
    () => readCsv('a,b\n1,"2\n3,4\n'),
    RangeError,
    /^text, line 2 expected a closing quote/,
  ],
  [
    'a quote in a quote',
    () => readCsv('a\n"1"2"\n'),
    RangeError,
    /^text, line 2 expected a delimiter after .* "1", got /,
  ],
];

const table = () => readCsv('day,max\n1,2\nx,\n');

const refusedCells: typeof refused = [
  [
    'an unknown column',
    async () => (await table()).text('mx'),
    RangeError,
    /^column expected a column, got "mx"; did you mean "max"\?$/,
  ],
  [
    'a number for a column',
    async () => (await table()).text(1 as never),
    TypeError,
    /^column expected .*got 1/,
  ],
  [
    'unknown columns',
    async () => (await table()).numbers(['day', 'min']),
    RangeError,
    /^columns\[1\] expected a column, got "min"; /,
  ],
  [
    'no columns',
    async () => (await table()).numbers([]),
    RangeError,
    /^columns expected at least one, got none$/,
  ],
  [
    'text for columns',
    async () => (await table()).numbers('day' as never),
    TypeError,
    /^columns expected .*got "day"/,
  ],
  [
    'text for missing',
    async () => (await table()).numbers(['max'], { missing: '' as never }),
    TypeError,
    /^missing expected .*got ""/,
  ],
  [
    'an unknown option',
    async () => (await table()).numbers(['max'], { mising: [] } as never),
    TypeError,
    /did you mean "missing"\?$/,
  ],
  [
    'text',
    async () => (await table()).numbers(['day']),
    RangeError,
    /^line 3, column "day" expected a number, got "x": list/,
  ],
  [
    'an empty cell',
    async () => (await table()).numbers(['max']),
    RangeError,
    /^line 3, column "max" expected a number, got "":/,
  ],
  ...['0x10', '1_000', 'Infinity', 'NaN', '1e99', '--1', '1 2', '.', 'e5'].map(
    (cell): (typeof refused)[number] => [
      JSON.stringify(cell),
      async () => (await readCsv(`x\n"${cell}"\n`)).numbers(),
      RangeError,
      /^line 2, column "x" expected a number, got "/,
    ],
  ),
];

describe('what CSV refuses', () => {
  it.each([...refused, ...refusedCells])('%s', async (_, act, error, message) => {
    const thrown = await Promise.resolve(act()).then(
      () => expect.fail('nothing was thrown'),
      (reason: Error) => reason,
    );
    expect(thrown.constructor, String(thrown)).toBe(error);
    expect(thrown.message).toMatch(message);
  });
});
