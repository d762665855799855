import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { births } from '../../examples/series/births/births.js';
// @ts-expect-error: plain JavaScript, without declarations
import { dateOf, weekday } from '../../examples/series/calendar.js';
// @ts-expect-error: plain JavaScript, without declarations
import { runCommand } from '../../examples/series/command.js';
// @ts-expect-error: plain JavaScript, without declarations
import { vegaCsv } from '../../examples/series/data/packages.js';
// @ts-expect-error: plain JavaScript, without declarations
import { pinball, QUANTILES, quantile } from '../../examples/series/stocks/quantiles.js';
// @ts-expect-error: plain JavaScript, without declarations
import { stocks } from '../../examples/series/stocks/stocks.js';
// @ts-expect-error: plain JavaScript, without declarations
import { readTable } from '../../examples/series/table.js';
// @ts-expect-error: plain JavaScript, without declarations
import { cutParts } from '../../examples/series/training.js';
// @ts-expect-error: plain JavaScript, without declarations
import { weather } from '../../examples/series/weather/weather.js';
import { loadModel } from '../../src/files/model.js';
import { complaints, ended, isBuilt, NOT_BUILT, start } from '../helpers/programs.js';
import { birthsCsv, FIRST, normal, stocksCsv, uniforms, weatherCsv } from '../helpers/synthetic-tables.js';

/*
 * The short form of examples/series: its own code on days that are made up here, without the packages that hold the real ones.
 */

const folder = mkdtempSync(join(tmpdir(), 'lstm-wasm-series-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const parts = async (
  application: { columns: string[]; inputs: string[]; prepare(table: unknown): unknown },
  csv: string,
) =>
  cutParts(application, application.prepare(await readTable(csv, application.columns)), application.inputs);

let said: string[] = [];

beforeEach(() => {
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line) => {
    said.push(`${line}`);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const flags = (name: string, data = `${name}.csv`, more = '') =>
  `--data ${at(data)} --model ${at(`${name}.safetensors`)} ${more}`.trim().split(' ');

const training = (name: string, more: string, data?: string) =>
  flags(name, data, `--plot ${at(`${name}.svg`)} ${more}`);

beforeAll(() => {
  writeFileSync(at('births.csv'), birthsCsv(1200));
  writeFileSync(at('weather.csv'), weatherCsv(1000));
  writeFileSync(at('stocks.csv'), stocksCsv(1200));
});

describe('births [simd]', () => {
  it('trains, beats the week before, draws, and predicts from the file', async () => {
    const scores = await runCommand(births, training('births', '--epochs 30'));
    expect(scores.LSTM.rmse).toBeLessThan(scores['the same day of the week before (seasonal naive)'].rmse);
    expect(said.join('\n')).toMatch(/\| LSTM .*\|/);
    expect(readFileSync(at('births.svg'), 'utf8')).toMatch(/^<svg[\s\S]*<path d="M[\s\S]*<\/svg>\n$/);
    const [forecast] = await runCommand(births, ['predict', ...flags('births')]);
    const saturday = weekday(FIRST + 1200) % 6 === 0;
    expect(Math.abs(forecast - (saturday ? 920 : 1120))).toBeLessThan(60);
    expect(said.at(-1)).toMatch(new RegExp(`^${dateOf(FIRST + 1200)}: \\d+ births$`));
  });

  it('has nothing of the test part in weights and scalers, and repeats to the bit', async () => {
    const bytes = async (name: string, data: string, more = '') => {
      await runCommand(births, training(name, `--epochs 2 ${more}`, data));
      return readFileSync(at(`${name}.safetensors`));
    };
    writeFileSync(
      at('other-end.csv'),
      birthsCsv(1200, (n, y) => (n < 1020 ? y : 3 * y)),
    );
    const [one, again] = [await bytes('one', 'births.csv'), await bytes('again', 'births.csv')];
    expect(again.equals(one)).toBe(true);
    expect((await bytes('end', 'other-end.csv')).equals(one)).toBe(true);
    expect((await bytes('other', 'births.csv', '--seed 1')).equals(one)).toBe(false);
  });

  it('knows of the day to come nothing but the calendar', async () => {
    const table = await readTable(birthsCsv(500), births.columns);
    const changed = await readTable(
      birthsCsv(500, (n, y) => (n < 450 ? y : 0)),
      births.columns,
    );
    const [a, b] = [births.prepare(table).series, births.prepare(changed).series];
    const known = (450 - births.lead) * a.shape[1];
    expect(a.data.slice(0, known)).toEqual(b.data.slice(0, known));
    expect(a.columns.slice(-8, -1)[weekday(FIRST + births.lead + 1)]).toBeDefined();
    expect(a.data.slice(0, a.shape[1]).slice(-8, -1)[weekday(FIRST + births.lead + 1)]).toBe(1);
  });

  it('takes some of the inputs, and stores which', async () => {
    await runCommand(births, training('some', '--epochs 1 --inputs change,level', 'births.csv'));
    const { metadata } = loadModel(new Uint8Array(readFileSync(at('some.safetensors'))));
    const { inputs, inputScaler } = JSON.parse(metadata['forecaster'] as string);
    expect([inputs, inputScaler.mean.length]).toEqual([['change', 'level'], 2]);
    const [forecast] = await runCommand(births, ['predict', ...flags('some', 'births.csv')]);
    expect(forecast).toBeGreaterThan(0);
  });
});

describe('weather [simd]', () => {
  it('is below persistence and the mean of the day of the year, with values missing', async () => {
    const scores = await runCommand(weather, training('weather', '--epochs 40'));
    const { LSTM, ...simple } = scores as Record<string, { rmse: number }>;
    expect(Object.keys(simple)).toHaveLength(4);
    expect(LSTM?.rmse).toBeLessThan(scores['the day before (persistence)'].rmse);
    expect(LSTM?.rmse).toBeLessThan(scores['mean of that day of the year'].rmse);
    await runCommand(weather, ['predict', ...flags('weather')]);
    expect(said.at(-1)).toMatch(/: up to -?\d+\.\d °C$/);
  });
});

describe('stocks [simd]', () => {
  it('forecasts ten days with intervals that hold about what they should', async () => {
    const { intervals, points } = await runCommand(stocks, training('stocks', '--epochs 40'));
    expect(intervals.LSTM.inside).toHaveLength(10);
    expect(intervals.LSTM.mean).toBeGreaterThan(0.6);
    expect(intervals.LSTM.mean).toBeLessThan(0.97);
    expect(intervals.LSTM.loss).toBeLessThan(intervals['always the quantiles of the training part'].loss);
    expect(points['the last close (persistence)'][0]).toBeGreaterThan(0);
    const forecast: number[][] = await runCommand(stocks, ['predict', ...flags('stocks')]);
    expect(forecast).toHaveLength(10);
    for (const three of forecast) expect(three).toEqual([...three].sort((a, b) => a - b));
    expect(said.at(-1)?.split('\n')).toHaveLength(11);
  });

  it('keeps the days that a part looks ahead to inside it', async () => {
    const { train, validation, test } = await parts(stocks, stocksCsv(400));
    expect(train.rows.at(-1) + stocks.horizon).toBe(validation.rows[0]);
    expect(validation.rows.at(-1) + stocks.horizon).toBe(test.rows[0]);
  });

  it('compounds the changes of the days', async () => {
    const rows = (await readTable(stocksCsv(400), stocks.columns)).numbers(['close']).data;
    const { train } = await parts(stocks, stocksCsv(400));
    const [row] = train.rows;
    const close = (n: number) => rows[20 + n] as number;
    for (const day of [0, 4, 9])
      expect(train.target.data[day]).toBeCloseTo(close(row + day) / close(row - 1) - 1, 5);
  });

  it('has the gradient of its loss', () => {
    const output = Float32Array.of(0.5, -1, 2, 0.25, 3, -2);
    const target = { data: Float32Array.of(1, -0.5), shape: [2, 1] };
    const { grad } = pinball({ data: output, shape: [2, 3] }, target);
    const lossAt = (n: number, by: number) => {
      const data = output.map((x, m) => (m === n ? x + by : x));
      return pinball({ data, shape: [2, 3] }, target).loss;
    };
    for (const [n, slope] of grad.data.entries())
      expect((lossAt(n, 0.125) - lossAt(n, -0.125)) / 0.25).toBeCloseTo(slope, 6);
  });

  it('has its least loss at the quantiles', () => {
    const next = uniforms(11);
    const values = Array.from({ length: 500 }, () => normal(next));
    const at = (q: number) => quantile(values, q);
    const lossOf = (shift: number) => {
      const said = Float32Array.from(values.flatMap(() => QUANTILES.map((q: number) => at(q) + shift)));
      return pinball({ data: said, shape: [500, 3] }, { data: Float32Array.from(values) }).loss;
    };
    expect(lossOf(0)).toBeLessThan(lossOf(0.05));
    expect(lossOf(0)).toBeLessThan(lossOf(-0.05));
    expect([quantile([3, 1, 2], 0.5), quantile([0, 1], 0.9)]).toEqual([2, 0.9]);
  });
});

describe.runIf(isBuilt)('the program, as built', () => {
  const run = (line: string) => ended(start('series/weather/main.js', line.split(' '), { cwd: folder }));

  it('trains and predicts', async () => {
    const trained = await run('--data weather.csv --epochs 1 --model built.safetensors --plot built.svg');
    expect(trained.code).toBe(0);
    expect(trained.stdout).toMatch(/^epoch 1 .*validation/m);
    expect(trained.stdout).not.toContain('\u001b');
    const predicted = await run('predict --data weather.csv --model built.safetensors');
    expect([predicted.code, /: up to /.test(predicted.stdout)]).toEqual([0, true]);
  });

  it('says in one line what it cannot do', async () => {
    const refused = await run('--data none.csv');
    const lines = complaints(refused);
    expect([refused.code, refused.stdout, lines.length]).toEqual([2, '', 1]);
    expect(lines[0]).toMatch(/^weather: --data expected a file, got none.csv/);
  });
});

if (!isBuilt) it('the program', (ctx) => ctx.skip(NOT_BUILT));

describe('the series examples refuse', () => {
  beforeAll(() => {
    writeFileSync(at('gap.csv'), birthsCsv(500).replace(/2001-02-01,\d+\n/, ''));
    writeFileSync(at('words.csv'), 'date,births\n2001-01-01,many\n'.repeat(1));
    writeFileSync(at('short.csv'), birthsCsv(390));
    writeFileSync(at('shorter.csv'), birthsCsv(440));
    writeFileSync(at('columns.csv'), 'date,count\n2001-01-01,3');
  });

  it.each([
    ['--hiden 3', /Unknown option '--hiden'/],
    ['story', /expected flags, or predict and flags, got "story"/],
    ['--seed -1.5', /seed/],
    ['--seed many', /--seed expected a whole number from 0 to 4294967295, got "many"/],
    ['--epochs 0', /--epochs expected a whole number from 1/],
    ['--inputs change,moon', /--inputs expected some of change,.*got "change,moon"/],
    ['--inputs level,level', /--inputs expected some of/],
    ['--model none/x', /--model expected a file that can be written/],
    ['predict --seed 3', /--seed is for training/],
    [
      'predict --model none.safetensors',
      /--model expected a model of births, got none.safetensors: there is none/,
    ],
    ['predict --model $/births.csv', /--model expected a model of births/],
    ['predict --model $/weather.safetensors', /--model expected a model of births.*saved elsewhere/],
    ['--data $/none.csv', /--data expected a file, got/],
    ['--data $/columns.csv', /--data: text expected a column "births", got date count/],
    ['--data $/gap.csv', /--data expected 2001-02-01 next, got 2001-02-02/],
    ['--data $/short.csv', /--data expected at least 399 days, got 390/],
    ['--data $/shorter.csv', /--data expected more than 69 days to train on/],
    ['--data $/words.csv', /--data expected at least 399 days/],
  ])('%s', async (line, says) => {
    const args = line.replaceAll('$', folder).split(' ');
    const own = ['--model', at('x.safetensors'), '--plot', at('x.svg')];
    const isTraining = !line.startsWith('predict') && !line.startsWith('--model');
    await expect(runCommand(births, isTraining ? [...args, ...own] : args)).rejects.toThrow(says);
  });

  it('where the data are not installed, and says how they are', async () => {
    await expect(vegaCsv('none.csv')).rejects.toThrow(
      /not there yet: npm ci --prefix examples\/series\/data/,
    );
  });

  it('tells its flags', async () => {
    await runCommand(births, ['--help']);
    for (const flag of ['data', 'model', 'plot', 'seed', 'epochs', 'inputs'])
      expect(said[0]).toContain(`--${flag} `);
  });
});
