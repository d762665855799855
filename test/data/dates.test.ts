import { describe, expect, it } from 'vitest';
import { type DatesOptions, readCsv } from '../../src/data/index.js';

const datesOf = async (cells: string[], options?: DatesOptions) => {
  const table = await readCsv(`d|x\n${cells.map((cell) => `${cell}|1`).join('\n')}\n`, { delimiter: '|' });
  return Array.from(table.dates('d', options), (time) => new Date(time).toISOString());
};

describe('dates', () => {
  it.each([
    ['2024-01-31', '2024-01-31T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2024/1/5', '2024-01-05T00:00:00.000Z'],
    ['2024-03', '2024-03-01T00:00:00.000Z'],
    ['1949', '1949-01-01T00:00:00.000Z'],
    ['20240131', '2024-01-31T00:00:00.000Z'],
    ['2024-01-31 18:30', '2024-01-31T18:30:00.000Z'],
    ['2024-01-31T18:30:15.25', '2024-01-31T18:30:15.250Z'],
    ['2024-01-31 18:30:15,123456', '2024-01-31T18:30:15.123Z'],
    ['2024-01-31T18:30Z', '2024-01-31T18:30:00.000Z'],
    ['2024-01-31 18:30 UTC', '2024-01-31T18:30:00.000Z'],
    ['2024-01-31T00:30:00+02:00', '2024-01-30T22:30:00.000Z'],
    ['2024-01-31T23:30-0130', '2024-02-01T01:00:00.000Z'],
    ['31.01.2024', '2024-01-31T00:00:00.000Z'],
    ['01.02.2024 18:30', '2024-02-01T18:30:00.000Z'],
    ['31/01/2024', '2024-01-31T00:00:00.000Z'],
    ['01/31/2024 12:05 AM', '2024-01-31T00:05:00.000Z'],
    ['1/31/2024 6:30:00 pm', '2024-01-31T18:30:00.000Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    ['1700000000123', '2023-11-14T22:13:20.123Z'],
    ['1700000000123456', '2023-11-14T22:13:20.123Z'],
    ['1700000000123456789', '2023-11-14T22:13:20.123Z'],
    [' 2024-01-31 ', '2024-01-31T00:00:00.000Z'],
  ])('reads %j', async (cell, expected) => {
    expect(await datesOf([cell])).toEqual([expected]);
  });

  it('keeps apart what one float would merge', async () => {
    const table = await readCsv('t\n1700000000123\n1700000060123\n');
    expect([...table.dates('t')]).toEqual([1700000000123, 1700000060123]);
  });

  it('finds the order of day and month in the column, or takes the one that is set', async () => {
    expect(await datesOf(['01/02/2024', '13/02/2024'])).toEqual([
      '2024-02-01T00:00:00.000Z',
      '2024-02-13T00:00:00.000Z',
    ]);
    expect(await datesOf(['01/02/2024', '02/13/2024'])).toEqual([
      '2024-01-02T00:00:00.000Z',
      '2024-02-13T00:00:00.000Z',
    ]);
    expect(await datesOf(['01/02/2024'], { dayFirst: true })).toEqual(['2024-02-01T00:00:00.000Z']);
    expect(await datesOf(['01/02/2024'], { dayFirst: false })).toEqual(['2024-01-02T00:00:00.000Z']);
    await expect(datesOf(['02/02/2024', '01/02/2024'])).rejects.toThrow(
      /^line 3, column "d" .*dayFirst.*"01\/02\/2024"$/,
    );
    await expect(datesOf(['13/02/2024', '02/13/2024'])).rejects.toThrow(
      /^line 3, .*the day first, as before/,
    );
  });

  it.each([
    [['']],
    [['soon']],
    [['2023-02-29']],
    [['2024-13-01']],
    [['2024-00-10']],
    [['31.04.2024']],
    [['2024-01-01 24:00']],
    [['2024-01-01 12:60']],
    [['2024-01-01 13:00 PM']],
    [['01.01.24']],
    [['1700000000', '1700000000123']],
  ])('refuses %j', async (cells) => {
    await expect(datesOf(cells)).rejects.toThrow(/^line \d, column "d" expected /);
  });

  it('refuses what is no option', async () => {
    await expect(datesOf(['2024-01-01'], { dayfirst: true } as never)).rejects.toThrow(
      /did you mean "dayFirst"/,
    );
    await expect(datesOf(['2024-01-01'], { dayFirst: 1 as never })).rejects.toThrow(TypeError);
  });
});
