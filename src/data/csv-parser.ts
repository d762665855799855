/*
 * The module behind `#csv`, loaded when a table is read: Papa Parse with our options.
 */
import { type ParseError, parse } from 'papaparse';

/** An error in the quoting, and the index of its record. */
export interface Fault {
  readonly record: number;
  readonly message: string;
}

export function parseRecords(text: string, delimiter: string): { records: string[][]; faults: Fault[] } {
  const { data, errors } = parse<string[]>(text, { delimiter });
  const faults = errors.map(({ row, message }: ParseError) => ({ record: row ?? 0, message }));
  return { records: data, faults };
}
