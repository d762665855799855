import { describe, expect, it } from 'vitest';
import { type CsvOptions, type NumbersOptions, readCsv } from '../../src/data/index.js';

const numbersOf = async (
  text: string,
  columns?: string[],
  options?: CsvOptions & { numbers?: NumbersOptions },
) => {
  const { numbers, ...given } = options ?? {};
  return [...(await readCsv(text, given)).numbers(columns, numbers).data];
};

describe('line ends and blank lines', () => {
  it('takes mixed line ends for line ends', async () => {
    const table = await readCsv('name,city\nAnn,Rome\r\nBob,Oslo\r\n');
    expect(table.text('city')).toEqual(['Rome', 'Oslo']);
    expect(await numbersOf('a,b\r\n1,2\n3,4\n')).toEqual([1, 2, 3, 4]);
    expect(await numbersOf('a,b\r1,2\n3,4\r\n5,6')).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([
    ['between records', 'a,b\n\n1,2\n\r\n \n3,4\n'],
    ['before the header', '\n\r\na,b\n1,2\n3,4'],
    ['at the end', 'a,b\n1,2\n3,4\n\n  \n\n'],
    ['of empty cells at the end', 'a,b\n1,2\n3,4\n,\n , \n'],
    ['with a delimiter at the end of each line', 'a,b,\n1,2,\n3,4,\n'],
    ['with a delimiter at the end of some lines', 'a,b\n1,2,\n3,4,,\n'],
  ])('skips blank lines and cells %s', async (_, text) => {
    const table = await readCsv(text);
    expect([table.columns, [...table.numbers().data]]).toEqual([
      ['a', 'b'],
      [1, 2, 3, 4],
    ]);
  });

  it('keeps an empty record between others, and an unnamed column with values', async () => {
    const series = (await readCsv('a,b\n1,2\n,\n3,4\n')).numbers(['a', 'b'], { missing: [''] });
    expect([...series.data]).toEqual([1, 2, Number.NaN, Number.NaN, 3, 4]);
    expect((await readCsv(',a\n7,1\n')).columns).toEqual(['', 'a']);
    expect((await readCsv('a,\n1,2\n')).columns).toEqual(['a', '']);
  });

  it('names the line of a cell, whatever was skipped before', async () => {
    const table = await readCsv('\na,b\n\n1,"x\ny"\n2,z\n');
    expect(() => table.numbers(['b'])).toThrow(/^line 4, column "b"/);
    const ragged = readCsv('a,b\n"1\n2",3\n4\n');
    await expect(ragged).rejects.toThrow(/^text, line 4 expected 2 cells/);
  });
});

describe('delimiters', () => {
  it.each([
    ['tab', 'a\tb\n1\t2\n'],
    ['semicolon', 'a;b\n1;2\n'],
    ['bar', 'a|b\n1|2\n'],
    ['comma', 'a,b\n1,2\n'],
    ['the one that Excel names', 'sep=;\r\na;b\r\n1;2\r\n'],
    ['the one that Excel names, after a mark', '\ufeffsep=|\na|b\n1|2\n'],
  ])('finds the %s', async (_, text) => {
    expect((await readCsv(text)).columns).toEqual(['a', 'b']);
    expect(await numbersOf(text)).toEqual([1, 2]);
  });

  it.each([
    ['commas in numbers', 'a;b\n1,5;2,5\n3,5;4,5\n', ['a', 'b']],
    ['commas in the header', 'T, °C;H, %\n1,5;2\n', ['T, °C', 'H, %']],
    ['semicolons in text', 'a,b\nx; y,z; w\n', ['a', 'b']],
    ['semicolons in quotes', '"a;b;c",d\n"1;2;3",4\n', ['a;b;c', 'd']],
    ['line ends in quotes', '"a\n;";b\n1;2\n', ['a\n;', 'b']],
    ['quotes inside a cell', 'size;price\n5";3\n', ['size', 'price']],
    ['one column', 'a\n1\n2\n', ['a']],
  ])('is not misled by %s', async (_, text, columns) => {
    expect((await readCsv(text)).columns).toEqual(columns);
  });

  it('takes spaces around quotes', async () => {
    const table = await readCsv('a, b\n1, "x, y" \n');
    expect([table.columns, table.text('b')]).toEqual([['a', 'b'], ['x, y']]);
  });
});

describe('numbers', () => {
  it.each([
    ['a decimal comma', 'a;b\n1,5;-2,25\n', [1.5, -2.25]],
    ['a decimal comma in quotes', 'a,b\n"1,5","2,25"\n', [1.5, 2.25]],
    ['groups and a decimal comma', 'a;b\n1.234,5;1.234.567\n', [1234.5, 1234567]],
    ['groups and a decimal point', 'a;b\n1,234.5;1,234,567\n', [1234.5, 1234567]],
    ['groups in a comma-separated file', 'a,b\n"1,234",2\n', [1234, 2]],
    ['spaces between groups', 'a;b\n1 234,5;1\u00a0234\u00a0567\n', [1234.5, 1234567]],
    ['narrow spaces and apostrophes', "a;b\n1\u202f234;2'345.5\n", [1234, 2345.5]],
    ['a mark that the rest of the table decides', 'a;b\n1.234;2,5\n', [1234, 2.5]],
    ['a point that the rest of the table decides', 'a;b\n1.234;2.5\n', [1.234, 2.5].map(Math.fround)],
    ['a point in a comma-separated file', 'a,b\n1.234,5.678\n', [1.234, 5.678].map(Math.fround)],
    ['a minus of print', 'a;b\n\u22121,5;+2\n', [-1.5, 2]],
    ['an exponent', 'a;b\n1,5e3;2E-1\n', [1500, Math.fround(0.2)]],
  ])('with %s', async (_, text, expected) => {
    expect(await numbersOf(text)).toEqual(expected);
  });

  it('takes the mark that is set', async () => {
    expect(await numbersOf('a;b\n1.234;5\n', ['a'], { decimal: ',' })).toEqual([1234]);
    expect(await numbersOf('a;b\n1.234;5\n', ['a'], { decimal: '.' })).toEqual([Math.fround(1.234)]);
    expect(await numbersOf('a\n1,5\n2\n', ['a'], { decimal: ',' })).toEqual([1.5, 2]);
  });

  it('keeps the mark of the table in its groups', async () => {
    const table = await readCsv('k;x\na;1,5\nb;1.234\n');
    expect([...(table.groupBy('k').get('b')?.numbers(['x']).data ?? [])]).toEqual([1234]);
  });

  it('refuses what could be either', async () => {
    await expect(numbersOf('a;b\n1;2\n1.234;5\n')).rejects.toThrow(
      /^line 3, column "a" is "1.234", which may mean 1.234 or 1234: set decimal/,
    );
  });

  it.each(['1.5,5', '1,23,456', '12.34.567', '1 23', "1'2345", '0.000.001'])('refuses %j', async (cell) => {
    await expect(numbersOf(`a;b\n${cell};2\n`)).rejects.toThrow(/^line 2, column "a" expected a number/);
  });

  it('refuses two marks in one column, and names the cell', async () => {
    await expect(numbersOf('a;b\n1.5;2\n3;4\n1,5;6\n')).rejects.toThrow(/^line 4, column "a" .*"1,5"/);
  });

  it('says which columns are text, dates and numbers', async () => {
    const table = await readCsv('date,city,max,rain\n2012-01-01,Oslo,1,NA\n2012-01-02,Rome,2,3\n');
    const missing = ['NA'];
    expect(() => table.numbers(undefined, { missing })).toThrow(
      /^line 2, column "date" .*"2012-01-01": the column has dates.*Columns of numbers: max, rain$/,
    );
    expect(() => table.numbers(['city'])).toThrow(/column "city" .*"Oslo": the column has text/);
    expect(() => table.numbers(['rain'])).toThrow(/^line 2, column "rain" .*"NA": list it in missing/);
  });
});

describe('numbers that single precision loses', () => {
  it.each([
    ['times in milliseconds', '1700000000123\n1700000060123'],
    ['ids beyond 2^24', '16777216\n16777217'],
    ['ids that even double precision merges', '1700000000123456789\n1700000000123456790'],
    ['hours in milliseconds', '1700000000000\n1700003600000\n1700007200000'],
    ['numbers below the smallest', '1e-50\n2e-50'],
    ['small changes of a large number', '101325.011\n101325.012\n101325.013'],
  ])('refuses %s', async (_, cells) => {
    const table = await readCsv(`t\n${cells}\n`);
    expect(() => table.numbers()).toThrow(
      /column "t" expected numbers that single precision can tell apart.* dates\(\)/,
    );
    expect(table.numbers(['t'], { rounding: 'accept' }).shape[1]).toBe(1);
  });

  it.each([
    ['decimals', '0.1\n0.2\n0.3'],
    ['digits beyond a float', '300.12345678901\n300.45678901234\n299.8'],
    ['large counts', '3589930000\n4209110000\n1234567891'],
    ['a constant', '16777217\n16777217'],
    ['one row', '1700000000123'],
    ['missing values between', '1\n\n3'],
  ])('takes %s', async (_, cells) => {
    expect((await readCsv(`t\n${cells}\n`)).numbers(['t'], { missing: [''] }).shape[1]).toBe(1);
  });
});

describe('sources', () => {
  const text = 'Stadt;°C\nKöln;1,5\n';
  const utf8 = new TextEncoder().encode(text);
  const utf16 = Uint8Array.from([
    0xff,
    0xfe,
    ...new Uint8Array(Uint16Array.from([...text].map((c) => c.charCodeAt(0))).buffer),
  ]);
  const latin = Uint8Array.from([...text].map((c) => c.charCodeAt(0)));

  it.each([
    ['text with a mark', `\ufeff${text}`],
    ['bytes', utf8],
    ['bytes with a mark', Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8)],
    ['a buffer', utf8.slice().buffer],
    ['UTF-16', utf16],
    ['a Blob', new Blob([utf8])],
    ['a File', new File([utf8], 'a.csv')],
    ['a Response', new Response(utf8)],
  ])('reads %s', async (_, source) => {
    const table = await readCsv(source);
    expect([table.columns, table.text('Stadt'), table.numbers(['°C']).data[0]]).toEqual([
      ['Stadt', '°C'],
      ['Köln'],
      1.5,
    ]);
  });

  it('takes PK for a name, too', async () => {
    expect((await readCsv(new TextEncoder().encode('PK,a\n1,2\n'))).columns).toEqual(['PK', 'a']);
  });

  it('reads another encoding when it is named, and says so when it is not', async () => {
    expect((await readCsv(latin, { encoding: 'windows-1252' })).columns).toEqual(['Stadt', '°C']);
    await expect(readCsv(latin)).rejects.toThrow(/^text expected bytes in "utf-8".*windows-1252/);
    await expect(readCsv(latin, { encoding: 'klingon' })).rejects.toThrow(RangeError);
    await expect(readCsv('a', { encoding: 'utf-8' })).rejects.toThrow(TypeError);
  });

  it.each([
    ['a page', '<!doctype html>\n<html>', /^text expected CSV, got a page/],
    ['a workbook', Uint8Array.of(0x50, 0x4b, 3, 4), /^text expected CSV, got a zip file such as an .xlsx/],
    ['one column of decimal commas', 'a\n1,5\n', /^text, line 2 expected 1 cell .*set decimal: ','$/],
    ['a failed response', new Response('a,b', { status: 500 }), /status 500$/],
  ])('refuses %s', async (_, source, message) => {
    await expect(readCsv(source)).rejects.toThrow(message);
  });
});

describe('costs grow no faster than the text', () => {
  /** Milliseconds of the processor, which other programs do not change; the least of two. */
  async function timeOf(act: () => Promise<unknown>): Promise<number> {
    let least = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 2; n++) {
      const start = process.cpuUsage();
      await act().catch(() => undefined);
      const { user, system } = process.cpuUsage(start);
      least = Math.min(least, (user + system) / 1000);
    }
    return least;
  }

  const many = (one: string, n: number) => Array.from({ length: n }, () => one);
  const columns = (n: number) => Array.from({ length: n }, (_, i) => `c${i}`).join(',');

  it.each<[string, (n: number) => Promise<unknown>]>([
    ['digits', (n) => numbersOf(`a\n${'1'.repeat(n * 10)}x\n`)],
    ['grouped digits', (n) => numbersOf(`a;b\n1${',111'.repeat(n * 5)}x;1\n`)],
    ['digits of a date', async (n) => (await readCsv(`a\n${'1'.repeat(n * 10)}\n`)).dates('a')],
    ['columns', (n) => numbersOf(`${columns(n * 10)}\n${many('1', n * 10).join(',')}\n`)],
    [
      'names of unknown columns',
      async (n) => (await readCsv(`${columns(n * 10)}\n`)).text('d'.repeat(n * 10)),
    ],
    ['unclosed quotes', (n) => readCsv(`a\n"${'""'.repeat(n * 20)}`)],
    ['quoted cells', (n) => readCsv(`a\n${many('"x""y"', n * 5).join('\n')}`)],
    ['blank lines', (n) => readCsv(`a,b\n${'\n'.repeat(n * 20)}1,2`)],
    ['spaces', (n) => readCsv(`a,b\n${' '.repeat(n * 20)}x,2`)],
    ['empty records at the end', (n) => readCsv(`a,b\n1,2\n${',\n'.repeat(n * 20)}`)],
    ['delimiters in the header', (n) => readCsv(`${','.repeat(n * 20)}\n1`)],
    [
      'rounding with missing values',
      (n) =>
        numbersOf(`a\n1e9\n${many('NA', n * 5).join('\n')}\n1000000001`, ['a'], {
          numbers: { missing: ['NA'] },
        }),
    ],
  ])('%s', async (_, act) => {
    await act(100).catch(() => undefined);
    const [one, eight] = [await timeOf(() => act(500)), await timeOf(() => act(4000))];
    // Quadratic cost is 64 times as much; at these lengths it takes seconds.
    expect(eight).toBeLessThan(Math.max(30 * one, 300));
  });

  it('quotes no more than a line in a message', async () => {
    const long = 'x'.repeat(100_000);
    const acts = [
      () => numbersOf(`a\n${long}\n`),
      () => numbersOf(`${long}\nx\n`),
      () => readCsv(`a\n"${long}"${long}\n`),
      () => readCsv(`${long},${long}\n1,2\n`),
      () => readCsv(`a,b\n1${long}\n`),
      async () => (await readCsv(`${columns(60_000)}\n`)).text('nothing near'),
      async () => (await readCsv(`${columns(60_000)},t\n${'1,'.repeat(60_000)}t`)).numbers(),
      async () => (await readCsv(`a\n${long}\n`)).dates('a'),
      async () => readCsv('a', { encoding: long }),
    ];
    for (const act of acts) {
      const { message } = await act().then(
        () => expect.fail('nothing was thrown'),
        (error: Error) => error,
      );
      expect(message.length).toBeLessThan(600);
    }
  });
});
