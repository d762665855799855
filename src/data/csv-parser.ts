/*
 * What `#csv` leads to, loaded when a table is read: Papa Parse with what it is to be told.
 */
import { type ParseError, parse } from 'papaparse';

/** A fault in the quoting, and the record that it is in, from 0. */
export interface Fault {
  readonly record: number;
  readonly message: string;
}

export function parseRecords(text: string, delimiter: string): { records: string[][]; faults: Fault[] } {
  const { data, errors } = parse<string[]>(text, { delimiter });
  const faults = errors.map(({ row, message }: ParseError) => ({ record: row ?? 0, message }));
  return { records: data, faults };
}
