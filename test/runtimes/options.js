import { parseArgs } from 'node:util';

const USAGE = `npm run test:runtimes -- [options]
  --only a,b      run these alone
  --require a,b   fail where one of these is not on the machine; "all" for all
  --store         keep what the only runtime gives as what the others have to give
  --keep          leave the temporary folder, and say where it is`;

/** @returns options with lists of names, or undefined once the usage is printed */
export function readOptions(args, names) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string' },
        require: { type: 'string', default: '' },
        store: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
      },
    });
    const required = values.require === 'all' ? names : listOf(values.require, names);
    const only = values.only === undefined ? names : listOf(values.only, names);
    if (values.store && only.length !== 1) throw new Error('--store expected one runtime: --only node24');
    return { ...values, only, required };
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

function listOf(text, names) {
  const list = text.split(',').filter((name) => name !== '');
  const unknown = list.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no runtime ${unknown.join(', ')}: there are ${names.join(', ')}`);
  return list;
}
