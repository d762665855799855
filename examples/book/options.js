import { parseArgs } from 'node:util';

/** What the user can put right: told in one sentence, without a stack trace. */
export class UsageError extends Error {
  exitCode = 2;
}

const KINDS = {
  text: { type: 'string' },
  hidden: { type: 'string' },
  minutes: { type: 'string' },
  steps: { type: 'string' },
  lr: { type: 'string' },
  prompt: { type: 'string' },
  temperature: { type: 'string' },
  length: { type: 'string' },
  seed: { type: 'string' },
  resume: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

export const DEFAULTS = { hidden: 160, minutes: 1.3, lr: 0.012 };

export const HELP = `Trains a character LSTM on a book, and lets it write.

  npm start -- [flags]

  --text FILE        a UTF-8 text to train on (default: Moby Dick)
  --hidden N         hidden units (default ${DEFAULTS.hidden})
  --minutes N        how long to train, by the clock (default ${DEFAULTS.minutes}); 0 with --resume only writes text
  --steps N          trains exactly N steps in place of a time, at a constant learning rate: the same
                     flags then give the same file, and N steps and M more with --resume the same as N + M
  --lr X             the learning rate at the beginning (default ${DEFAULTS.lr})
  --seed N           of the first weights and of what is written (default 0)
  --resume FILE      goes on with a model saved here before: its text, its place, its optimizer
  --out FILE         where the model is saved (default: the resumed file, else book.safetensors)
  --prompt TEXT      what the written text begins with (default: "The whale ", or the first words of --text)
  --temperature X    below 1 surer, above 1 bolder, 0 always the likeliest character (default 0.7)
  --length N         how many characters to write (default 400)
  --help             this

Ctrl-C saves first; --resume then goes on from there. A second Ctrl-C quits at once.`;

/** The flags, checked; what was not given and has no fixed default is undefined. @throws UsageError */
export function readOptions(args) {
  const values = valuesOf(args);
  const whole = (flag, from, to) => number(flag, values[flag], { from, to, whole: true });
  const options = {
    help: values.help ?? false,
    text: file('text', values.text),
    hidden: whole('hidden', 1, 4096),
    minutes: number('minutes', values.minutes, { from: 0, to: 100_000 }),
    steps: whole('steps', 0, 1_000_000_000),
    lr: number('lr', values.lr, { above: 0 }),
    seed: whole('seed', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    resume: file('resume', values.resume),
    out: file('out', values.out ?? values.resume ?? 'book.safetensors'),
    prompt: values.prompt,
    temperature: number('temperature', values.temperature, { from: 0, to: 100 }) ?? 0.7,
    length: whole('length', 1, 1_000_000) ?? 400,
  };
  checkTogether(options);
  return options;
}

/** Whether there is nothing to train. */
export function onlyWrites({ minutes, steps }) {
  return minutes === 0 || steps === 0;
}

function valuesOf(args) {
  const { values, tokens } = parseArgs({ args, options: KINDS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`expected flags only, got "${token.value}"`);
    if (token.kind !== 'option') continue;
    const kind = Object.hasOwn(KINDS, token.name) ? KINDS[token.name].type : undefined;
    if (kind === undefined)
      throw new UsageError(`${token.rawName} is no flag: expected one of ${flagNames()}, see --help`);
    if (kind === 'string' && token.value === undefined)
      throw new UsageError(`${token.rawName} expected a value, got none`);
    if (kind === 'boolean' && token.value !== undefined)
      throw new UsageError(`${token.rawName} expected no value, got "${token.value}"`);
  }
  return values;
}

function flagNames() {
  return Object.keys(KINDS)
    .map((name) => `--${name}`)
    .join(' ');
}

function number(flag, text, { from = 0, to = Number.MAX_VALUE, above, whole = false }) {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const inRange = above === undefined ? value >= from && value <= to : value > above && value <= to;
  if (inRange && (!whole || Number.isInteger(value))) return value;
  const range = above === undefined ? `from ${from} to ${to}` : `above ${above}`;
  throw new UsageError(`--${flag} expected a ${whole ? 'whole ' : ''}number ${range}, got "${text}"`);
}

function file(flag, path) {
  if (path === '') throw new UsageError(`--${flag} expected the name of a file, got ""`);
  return path;
}

function checkTogether(options) {
  const { minutes, steps, resume, prompt } = options;
  if (minutes !== undefined && steps !== undefined)
    throw new UsageError('--minutes and --steps both say how long to train: expected one of them');
  if (onlyWrites(options) && resume === undefined) {
    const flag = minutes === 0 ? '--minutes' : '--steps';
    throw new UsageError(`${flag} 0 trains nothing: expected --resume with a saved model to write from`);
  }
  if (prompt === '') throw new UsageError('--prompt expected at least one character, got ""');
}
