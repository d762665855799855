import { fileName, parseFlags, UsageError, wholeNumber } from '../command.js';
import { plain } from './tokens.js';
import { SETTINGS } from './training.js';

export const MODEL = 'translator.safetensors';
const FIGURE = 'translation.svg';
/** English sentences. */
const PARTS = { validation: 2000, test: 3000 };
const SEED = 1;

export const HELP = `Trains an encoder and a decoder with attention to translate short English sentences into French.

  node examples/translation/main.js [flags]

  --epochs N       passes over all pairs (default ${SETTINGS.epochs})
  --hidden N       units of the decoder, an even number (default ${SETTINGS.hidden})
  --size N         values of an embedding (default ${SETTINGS.size})
  --validation N   English sentences for validation (default ${PARTS.validation})
  --test N         English sentences for the table (default ${PARTS.test})
  --seed N         of the split, the weights and the order (default ${SEED})
  --model FILE     where the translator is saved (default ${MODEL})
  --out FILE       where the figure is drawn (default ${FIGURE})
  --help           this

  node examples/translation/predict.js [--model FILE] 'I am hungry.' ['A sentence.' …]`;

const KINDS = Object.fromEntries(
  ['epochs', 'hidden', 'size', 'validation', 'test', 'seed', 'model', 'out'].map((flag) => [flag, 'string']),
);

/** The flags of main.js, checked. @throws UsageError */
export function readOptions(args) {
  const { values } = parseFlags(args, KINDS);
  const whole = (flag, from, to) => wholeNumber(flag, values[flag], from, to);
  const settings = {
    epochs: whole('epochs', 1, 1000) ?? SETTINGS.epochs,
    hidden: whole('hidden', 2, 4096) ?? SETTINGS.hidden,
    size: whole('size', 1, 4096) ?? SETTINGS.size,
  };
  if (settings.hidden % 2 === 1)
    throw new UsageError(`--hidden expected an even number, half for each direction, got "${values.hidden}"`);
  return {
    help: values.help ?? false,
    settings: { ...SETTINGS, ...settings },
    validation: whole('validation', 1, 100_000) ?? PARTS.validation,
    test: whole('test', 1, 100_000) ?? PARTS.test,
    seed: whole('seed', 0, 0xffffffff) ?? SEED,
    model: fileName('model', values.model) ?? MODEL,
    out: fileName('out', values.out) ?? FIGURE,
  };
}

/** Those of predict.js. @throws UsageError */
export function readTexts(args) {
  const { values, positionals } = parseFlags(args, { model: 'string' }, { positionals: true });
  if (values.help) return { help: true };
  if (positionals.length === 0 || positionals.some((text) => plain(text) === ''))
    throw new UsageError(
      "expected an English sentence, as in: node examples/translation/predict.js 'I am hungry.'",
    );
  return { help: false, model: fileName('model', values.model) ?? MODEL, texts: positionals };
}
