import { fileName, parseFlags, UsageError, wholeNumber, writableFile } from '../command.js';

const EPOCHS = 1000;

const KINDS = {
  data: 'string',
  model: 'string',
  plot: 'string',
  seed: 'string',
  epochs: 'string',
  inputs: 'string',
};

export function helpOf({ name, does, inputs, columns }) {
  return `${does}

  node examples/series/${name}/main.js [flags]           trains, measures, draws, saves
  node examples/series/${name}/main.js predict [flags]   forecasts with a saved model

  --data FILE    a CSV file with the columns ${columns.join(' ')}
                 (default: the data that npm ci --prefix examples/series/data installs)
  --model FILE   where the model is saved or read from (default ${name}.safetensors)
  --plot FILE    where the forecasts are drawn (default ${name}.svg)
  --seed N       of the first weights and of the order of training (default 0)
  --epochs N     how often at most to go through the training part (default ${EPOCHS}; validation stops it)
  --inputs LIST  what the model is given, with commas (default: all of
                 ${inputs.join(',')})
  --help         this`;
}

/** The flags, checked. @throws UsageError */
export function readOptions(application, args) {
  const { values, positionals } = parseFlags(args, KINDS, { positionals: true });
  const [command = 'train', ...more] = positionals;
  if (!['train', 'predict'].includes(command) || more.length > 0)
    throw new UsageError(`expected flags, or predict and flags, got "${positionals.join(' ')}"; see --help`);
  if (values.help) return { help: true };
  const forTraining = ['plot', 'seed', 'epochs', 'inputs'].find((flag) => values[flag] !== undefined);
  if (command === 'predict' && forTraining)
    throw new UsageError(`--${forTraining} is for training: predict takes --model and --data`);
  const model = fileName('model', values.model) ?? `${application.name}.safetensors`;
  const data = fileName('data', values.data);
  if (command === 'predict') return { command, model, data };
  return {
    command,
    data,
    seed: wholeNumber('seed', values.seed, 0, 2 ** 32 - 1) ?? 0,
    epochs: wholeNumber('epochs', values.epochs, 1, 1_000_000) ?? EPOCHS,
    inputs: chosen(values.inputs, application.inputs),
    model: writableFile('model', model),
    plot: writableFile('plot', fileName('plot', values.plot) ?? `${application.name}.svg`),
  };
}

function chosen(list, known) {
  if (list === undefined) return known;
  const names = list.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined || new Set(names).size < names.length)
    throw new UsageError(`--inputs expected some of ${known.join(',')}, each once, got "${list}"`);
  return names;
}
