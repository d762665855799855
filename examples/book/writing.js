import { number, UsageError, wholeNumber } from '../command.js';
import { generate } from './generate.js';
import { checkCharacters } from './text.js';

/** The flags of all that writes. */
export const WRITING = {
  prompt: 'string',
  temperature: 'string',
  'top-k': 'string',
  'top-p': 'string',
  length: 'string',
  seed: 'string',
};

export const WRITING_HELP = `\
  --prompt TEXT      what the written text begins with (default: "The whale " for Moby Dick, "ROMEO:" for
                     Shakespeare, else the first words of the text)
  --temperature X    below 1 surer, above 1 bolder, 0 always the likeliest character (default 0.7)
  --top-k N          draws from the N likeliest characters only
  --top-p X          draws from the fewest characters that together have this probability
  --length N         how many characters to write (default 400)`;

/** @throws UsageError */
export function readWriting(values) {
  if (values.prompt === '') throw new UsageError('--prompt expected at least one character, got ""');
  return {
    prompt: values.prompt,
    temperature: number('temperature', values.temperature, 0, 100) ?? 0.7,
    topK: wholeNumber('top-k', values['top-k'], 1, 1_000_000),
    topP: number('top-p', values['top-p'], 0.001, 1),
    length: wholeNumber('length', values.length, 1, 1_000_000) ?? 400,
    seed: wholeNumber('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 0,
  };
}

/** With the prompt of the model's text where none was given. @throws UsageError */
export function withPrompt(writing, settings, vocabulary) {
  if (writing.prompt !== undefined) checkCharacters('prompt', writing.prompt, vocabulary);
  return { ...writing, prompt: writing.prompt ?? settings.prompt };
}

/** Writes to the standard output, each character as it is drawn. */
export async function write(model, vocabulary, writing, signal) {
  process.stdout.write(writing.prompt);
  for await (const character of generate(model, vocabulary, writing)) {
    process.stdout.write(character);
    signal.throwIfAborted();
  }
  process.stdout.write('\n');
}
