import { describe, wrongValue } from '../validation/errors.js';
import { checkOneOf, checkOptions } from '../validation/options.js';
import { checkTensor, showShape, type Tensor } from '../validation/tensor.js';
import { type Column, checkNames, columnIndices, columnName, type Series } from './series.js';
import { checkTimes } from './times.js';

export interface ScalerOptions {
  /**
   * For a missing value, NaN: throw, or leave it out of the statistics and keep it in `transform`. Default `refuse`.
   */
  missing?: 'refuse' | 'ignore';
}

/** A fitted scaler as plain data. */
export interface ScalerState {
  readonly type: string;
  readonly missing: 'refuse' | 'ignore';
  /** The names of the columns, if the series had names. */
  readonly columns?: readonly string[];
  /** A number for each column. */
  readonly [statistic: string]: unknown;
}

/** y = (x − offset) / scale * span + low, in doubles. */
export interface Affine {
  readonly offset: number;
  readonly scale: number;
  readonly span: number;
  readonly low: number;
}

/** A tensor whose last axis is the columns, with or without their names. */
type Columns = Tensor | Series;

/**
 * Scales each column by statistics of the training part. Fit it on the training part alone, so that no other data influences it, and
 * store it with the model: `saveModel(model, { metadata: { scaler: JSON.stringify(scaler) } })`.
 */
export abstract class Scaler {
  /** @internal */
  protected missing: 'refuse' | 'ignore';
  /** @internal */
  protected columns: readonly string[] | undefined;

  protected constructor(missing: unknown = 'refuse') {
    this.missing = checkMissing('missing', missing);
  }

  /** @internal The transformation of each column; undefined before `fit`. */
  protected abstract affine(): readonly Affine[] | undefined;
  /** @internal Computes the statistics of columns, each of which has a value. */
  protected abstract measure(data: Float32Array, width: number): void;

  /** The scaler as plain data, which JSON stores exactly. @throws Error before `fit` */
  abstract stateDict(): ScalerState;

  /**
   * Computes the statistics of the training part, in place of earlier ones.
   *
   * @param train - [..., columns]: a series, or windows of one
   * @throws TypeError for the wrong kind; RangeError for a shape without rows or columns, an infinite value, a missing one
   *   (`missing: 'refuse'`), or a column without any value
   */
  fit(train: Columns): this {
    const { data, shape } = checkTensor('train', train);
    const width = shape.at(-1) ?? 0;
    if (data.length === 0)
      throw new RangeError(
        `train expected shape [..., columns] with at least one row, got ${showShape(shape)}`,
      );
    const names = 'columns' in train ? train.columns : undefined;
    checkNames('train.columns', names, width);
    this.#checkValues('train', data, width, names);
    for (let column = 0; column < width; column++) {
      let n = column;
      while (n < data.length && Number.isNaN(data[n])) n += width;
      if (n >= data.length)
        throw new RangeError(
          `train expected a value in column ${columnName(names, column)}, got NaN in every row`,
        );
    }
    this.measure(data, width);
    this.columns = names && [...names];
    return this;
  }

  /**
   * Scales values; returns a new tensor of the same shape.
   *
   * @param x - [..., columns]; if both have names, the same names in the same order
   * @param options - `columns`: which of the fitted columns these are, by index or name; the last axis may repeat them, as the
   *   targets of `windows` do. Default: all
   * @throws Error before `fit`; TypeError for the wrong kind, RangeError for different columns, an infinite value or a missing one
   */
  transform<T extends Columns>(x: T, options: { columns?: readonly Column[] } = {}): T {
    return this.#map('transform', x, options, (value, { offset, scale, span, low }) => {
      return ((value - offset) / scale) * span + low;
    });
  }

  /**
   * Undoes {@link transform}, back to the units of the series; takes the same arguments.
   *
   * @throws as {@link transform}
   */
  inverseTransform<T extends Columns>(y: T, options: { columns?: readonly Column[] } = {}): T {
    return this.#map('inverseTransform', y, options, (value, { offset, scale, span, low }) => {
      return ((value - low) / span) * scale + offset;
    });
  }

  /** For `JSON.stringify`, whose text `fromJSON` reads. */
  toJSON(): ScalerState {
    return this.stateDict();
  }

  /** @internal */
  protected fitted<T>(value: T | undefined, call: string): T {
    if (value === undefined) throw new Error(`${call} needs statistics: call fit(train) first`);
    return value;
  }

  /** @internal The fields that every state has. */
  protected commonState(type: string): { type: string; missing: 'refuse' | 'ignore'; columns?: string[] } {
    return { type, missing: this.missing, ...(this.columns && { columns: [...this.columns] }) };
  }

  #map<T extends Columns>(
    call: string,
    x: T,
    options: { columns?: readonly Column[] },
    change: (value: number, affine: Affine) => number,
  ): T {
    checkOptions(options, ['columns'], call);
    const all = this.fitted(this.affine(), call);
    const { data, shape } = checkTensor('x', x);
    const names = this.columns;
    const given = columnIndices('columns', options.columns, all.length, names);
    this.#checkColumns(x, given, options.columns !== undefined, all.length);
    this.#checkValues('x', data, shape.at(-1) as number, undefined);
    const out = new Float32Array(data.length);
    for (let n = 0; n < data.length; n++) {
      const x = data[n] as number;
      out[n] = change(x, all[given[n % given.length] as number] as Affine);
      if (Number.isFinite(x) && !Number.isFinite(out[n]))
        throw wrongValue(`x, value ${n}`, `a number whose ${call} a float holds`, x);
    }
    const { columns, times } = x as Series;
    const kept = {
      ...(columns && { columns: [...columns] }),
      ...(times && { times: checkTimes('x.times', times, shape[0] as number) }),
    };
    return { data: out, shape: [...shape], ...kept } as unknown as T;
  }

  #checkColumns(x: Columns, given: readonly number[], chosen: boolean, count: number): void {
    const width = x.shape.at(-1) ?? 0;
    const fits = chosen ? width > 0 && width % given.length === 0 : width === count;
    if (!fits) {
      const expected = chosen
        ? `[..., a multiple of columns = ${given.length}]`
        : `[..., columns] = [..., ${count}]`;
      throw new RangeError(`x expected shape ${expected}, got ${showShape(x.shape)}`);
    }
    const own = 'columns' in x ? x.columns : undefined;
    checkNames('x.columns', own, width);
    if (!own || !this.columns) return;
    const expected = Array.from(own, (_, n) => this.columns?.[given[n % given.length] as number] as string);
    const n = own.findIndex((name, place) => name !== expected[place]);
    if (n >= 0) throw wrongValue(`x.columns[${n}]`, `${describe(expected[n])} as in fit`, describe(own[n]));
  }

  #checkValues(name: string, data: Float32Array, width: number, names: readonly string[] | undefined): void {
    for (let n = 0; n < data.length; n++) {
      const x = data[n] as number;
      if (Number.isFinite(x) || (this.missing === 'ignore' && Number.isNaN(x))) continue;
      const hint = Number.isNaN(x) ? ": fill it with fillMissing(), or keep it with missing: 'ignore'" : '';
      throw new RangeError(
        `${name}, row ${Math.floor(n / width)}, column ${columnName(names, n % width)} expected a finite number, got ${x}${hint}`,
      );
    }
  }
}

function checkMissing(name: string, value: unknown): 'refuse' | 'ignore' {
  return checkOneOf(name, value, ['refuse', 'ignore']);
}

/** The checked fields of a scaler's state. @throws TypeError, RangeError */
export function stateFields(state: unknown, type: string, statistics: readonly string[]) {
  if (state === null || typeof state !== 'object')
    throw new TypeError(`state expected the stateDict() of a ${type}, got ${describe(state)}`);
  const fields = state as Record<string, unknown>;
  if (fields.type !== type)
    throw new RangeError(`state.type expected "${type}", got ${describe(fields.type)}`);
  const numbers = statistics.map((name) => {
    const values = fields[name];
    if (!Array.isArray(values) || values.length === 0 || ![...values].every(Number.isFinite))
      throw new RangeError(`state.${name} expected a finite number for each column, got ${describe(values)}`);
    return values as number[];
  });
  const count = (numbers[0] as number[]).length;
  for (const [n, values] of numbers.entries()) {
    if (values.length !== count)
      throw new RangeError(`state.${statistics[n]} expected ${count} numbers, got ${values.length}`);
  }
  checkNames('state.columns', fields.columns, count);
  const columns = fields.columns as readonly string[] | undefined;
  const missing = checkMissing('state.missing', fields.missing);
  return { fields, numbers, missing, columns: columns && [...columns] };
}

/** @throws TypeError for anything but text, RangeError for text that is not JSON */
export function parseState(text: unknown): unknown {
  if (typeof text !== 'string') throw new TypeError(`text expected a string, got ${describe(text)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError(`text expected JSON, got ${describe(text)}`);
  }
}
