import { fileName, number, parseFlags, UsageError, wholeNumber } from '../command.js';
import { DEFAULT_TEXT, TEXTS } from './texts.js';
import { readWriting, WRITING, WRITING_HELP } from './writing.js';

export const MODEL = 'book.safetensors';

const KINDS = {
  text: 'string',
  'held-out': 'string',
  hidden: 'string',
  dropout: 'string',
  batch: 'string',
  minutes: 'string',
  steps: 'string',
  lr: 'string',
  threads: 'string',
  resume: 'string',
  out: 'string',
  plot: 'string',
  ...WRITING,
};

const { settings: usual } = TEXTS[DEFAULT_TEXT];
const { settings: plays } = TEXTS.shakespeare;

export const HELP = `Trains a character LSTM on a book, and lets it write.

  npm start -- [flags]

  --text NAME|FILE   moby-dick (default), shakespeare, or a UTF-8 text of your own
  --held-out X       the share at the text's end that is held out to measure on (${usual.heldOut}; shakespeare ${plays.heldOut})
  --hidden N         hidden units (${usual.hidden}; shakespeare ${plays.hidden})
  --dropout X        dropout after the LSTM in training, against overfitting (${usual.dropout}; shakespeare ${plays.dropout})
  --batch N          how many places of the text are read side by side (${usual.batch}; shakespeare ${plays.batch})
  --lr X             the learning rate at the beginning; it falls to nearly zero (${usual.lr}; shakespeare ${plays.lr})
  --threads N        how many threads share a batch; another number gives other bits (${usual.threads}; shakespeare ${plays.threads})
  --minutes N        how long to train, by the clock (${usual.budget / 60})
  --steps N          trains exactly N steps instead of a time, on the default binary: the same flags then
                     give the same file on every machine (shakespeare ${plays.budget})
  --seed N           of the first weights and of what is written (default 0)
  --resume FILE      continues a model saved here before: its text, its position, its optimizer
  --out FILE         where the model is saved (default: the resumed file, else ${MODEL})
  --plot FILE        where the training curve is drawn (default book.svg)
${WRITING_HELP}
  --help             this

Ctrl-C saves first; --resume then continues from there. A second Ctrl-C quits at once.
To write with a saved model: node examples/book/predict.js --help`;

/** The flags, checked; what was not given and has no fixed default is undefined. @throws UsageError */
export function readOptions(args) {
  const { values } = parseFlags(args, KINDS);
  const resume = fileName('resume', values.resume);
  return {
    help: values.help ?? false,
    text: fileName('text', values.text) ?? (resume === undefined ? DEFAULT_TEXT : undefined),
    resume,
    out: fileName('out', values.out ?? resume ?? MODEL),
    plot: fileName('plot', values.plot) ?? 'book.svg',
    sizes: defined({
      heldOut: number('held-out', values['held-out'], 0.001, 0.9),
      hidden: wholeNumber('hidden', values.hidden, 1, 4096),
      dropout: number('dropout', values.dropout, 0, 0.9),
      batch: wholeNumber('batch', values.batch, 1, 1024),
    }),
    course: defined({
      lr: number('lr', values.lr, 1e-9, 1e38),
      threads: wholeNumber('threads', values.threads, 1, 64),
      ...budgetOf(values),
    }),
    writing: readWriting(values),
  };
}

function budgetOf(values) {
  const minutes = number('minutes', values.minutes, 0.001, 100_000);
  const steps = wholeNumber('steps', values.steps, 1, 1_000_000_000);
  if (minutes !== undefined && steps !== undefined)
    throw new UsageError('--minutes and --steps both say how long to train: expected one of them');
  if (steps !== undefined) return { unit: 'steps', spent: 0, budget: steps };
  if (minutes !== undefined) return { unit: 'seconds', spent: 0, budget: minutes * 60 };
  return {};
}

function defined(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
