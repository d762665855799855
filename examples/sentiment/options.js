import { parseArgs } from 'node:util';

/** What the user can put right: told in one sentence, without a stack trace. */
export class UsageError extends Error {
  exitCode = 2;
}

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

const KINDS = {
  splits: { type: 'string' },
  epochs: { type: 'string' },
  model: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

/** The flags of main.js, checked. @throws UsageError */
export function readOptions(args) {
  const { values } = parsed({ args, options: KINDS });
  return {
    help: values.help ?? false,
    splits: wholeNumber('splits', values.splits, 100) ?? SPLITS,
    epochs: wholeNumber('epochs', values.epochs, 1000) ?? EPOCHS,
    model: values.model || MODEL,
    out: values.out || 'sentiment.svg',
  };
}

/** Those of predict.js. @throws UsageError */
export function readTexts(args) {
  const options = { model: KINDS.model, help: KINDS.help };
  const { values, positionals } = parsed({ args, options, allowPositionals: true });
  if (values.help) return { help: true };
  if (positionals.length === 0)
    throw new UsageError("expected a text, as in: node examples/sentiment/predict.js 'Great phone!'");
  return { help: false, model: values.model || MODEL, texts: positionals };
}

function parsed(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    // The first sentence says what is wrong; the rest is about flags that begin with a dash.
    const [sentence] = error.message.split(/\.\s|\n/);
    throw new UsageError(`${sentence}; see --help`);
  }
}

function wholeNumber(flag, text, to) {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= to) return value;
  throw new UsageError(`--${flag} expected a whole number from 1 to ${to}, got "${text}"`);
}

/** Runs a command: what the user can put right is told in one sentence. */
export async function command(name, run) {
  // `| head`: who reads no longer wants no more.
  process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1));
  try {
    await run(process.argv.slice(2));
  } catch (error) {
    if (error.exitCode === undefined) throw error;
    console.error(`${name}: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
