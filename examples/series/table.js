import { fillMissing, readCsv } from 'lstm-wasm/data';
import { UsageError } from '../command.js';

/** A table with the columns that an application needs. @throws UsageError */
export async function readTable(text, columns) {
  try {
    const table = await readCsv(text);
    const missing = columns.find((column) => !table.columns.includes(column));
    if (missing !== undefined)
      throw new RangeError(`text expected a column "${missing}", got ${table.columns.join(' ')}`);
    return table;
  } catch (error) {
    throw refused(error);
  }
}

/** Columns as numbers. What is missing is the last value before: nothing comes from the future. @throws UsageError */
export function readColumns(table, columns) {
  try {
    const series = table.numbers(columns, { missing: ['', 'NA'] });
    return fillMissing(series, { method: 'forward' });
  } catch (error) {
    throw refused(error);
  }
}

function refused(error) {
  return error instanceof RangeError ? new UsageError(`--data: ${error.message}`) : error;
}
