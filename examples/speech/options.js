import { fileName, parseFlags, UsageError, wholeNumber, writableFile, writableFolder } from '../command.js';

export const MODEL = 'speech-model';
const PARTS = ['digits', 'speakers', 'strings'];

export const HELP = `Recognizes spoken digits, one by one and in strings, with LSTMs that listen while somebody speaks.

  node examples/speech/main.js [digits] [speakers] [strings] [flags]

  digits     learns to tell digits, and tests it beside templates
  speakers   the same, with each speaker in turn left out of training
  strings    learns to write down strings of digits by CTC; begins with the model that "digits" saved
             (no word does all three)

  --epochs N          epochs for digits at most; early stopping may come before (default 25)
  --string-epochs N   the same for strings (default 30)
  --seed N            another beginning (default 1)
  --model DIR         where the models are saved, with a sound to try each on (default ${MODEL})
  --out FILE          where the figure is drawn (default speech.svg)
  --help              this

  node examples/speech/predict.js [--strings] [--model DIR] FILE.wav`;

/** The flags of main.js, checked. @throws UsageError */
export function readOptions(args) {
  const kinds = {
    epochs: 'string',
    'string-epochs': 'string',
    seed: 'string',
    model: 'string',
    out: 'string',
  };
  const { values, positionals } = parseFlags(args, kinds, { positionals: true });
  if (values.help) return { help: true };
  const unknown = positionals.find((part) => !PARTS.includes(part));
  if (unknown !== undefined)
    throw new UsageError(`expected ${PARTS.join(', ')} or nothing, got "${unknown}"; see --help`);
  const parts = positionals.length > 0 ? positionals : PARTS;
  const out = fileName('out', values.out) ?? 'speech.svg';
  return {
    parts,
    epochs: wholeNumber('epochs', values.epochs, 1, 1000) ?? 25,
    stringEpochs: wholeNumber('string-epochs', values['string-epochs'], 1, 1000) ?? 30,
    seed: wholeNumber('seed', values.seed, 0, 2 ** 31) ?? 1,
    model: writableFolder('model', fileName('model', values.model) ?? MODEL),
    // Digits alone are not drawn.
    out: parts.some((part) => part !== 'digits') ? writableFile('out', out) : out,
  };
}

/** Those of predict.js. @throws UsageError */
export function readSound(args) {
  const { values, positionals } = parseFlags(
    args,
    { strings: 'boolean', model: 'string' },
    { positionals: true },
  );
  if (values.help) return { help: true };
  if (positionals.length !== 1)
    throw new UsageError(`expected one WAV file, got ${positionals.length}; see --help`);
  return {
    kind: values.strings ? 'strings' : 'digits',
    model: fileName('model', values.model) ?? MODEL,
    file: positionals[0],
  };
}
