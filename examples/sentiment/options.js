import { parseFlags, UsageError, wholeNumber } from '../command.js';

export const MODEL = 'sentiment-model';
const SPLITS = 5;
const EPOCHS = 30;

export const HELP = `Trains bidirectional LSTMs to tell whether a sentence is positive, on five splits, beside naive Bayes.

  node examples/sentiment/main.js [flags]

  --splits N     how many splits, with the seeds 1 to N (default ${SPLITS})
  --epochs N     epochs at most; early stopping comes before (default ${EPOCHS})
  --model DIR    where the networks of the first split are saved (default ${MODEL})
  --out FILE     where the figure is drawn (default sentiment.svg)
  --help         this

  node examples/sentiment/predict.js [--model DIR] 'text' ['text' …]`;

const KINDS = { splits: 'string', epochs: 'string', model: 'string', out: 'string' };

/** The flags of main.js, checked. @throws UsageError */
export function readOptions(args) {
  const { values } = parseFlags(args, KINDS);
  return {
    help: values.help ?? false,
    splits: wholeNumber('splits', values.splits, 1, 100) ?? SPLITS,
    epochs: wholeNumber('epochs', values.epochs, 1, 1000) ?? EPOCHS,
    model: values.model || MODEL,
    out: values.out || 'sentiment.svg',
  };
}

/** Those of predict.js. @throws UsageError */
export function readTexts(args) {
  const { values, positionals } = parseFlags(args, { model: 'string' }, { positionals: true });
  if (values.help) return { help: true };
  if (positionals.length === 0)
    throw new UsageError("expected a text, as in: node examples/sentiment/predict.js 'Great phone!'");
  return { help: false, model: values.model || MODEL, texts: positionals };
}
