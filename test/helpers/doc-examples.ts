import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Example {
  /** `src/layers/lstm.ts:40`: where its first line stands. */
  where: string;
  file: string;
  code: string;
  /** False for a fence marked `js`, in Markdown: its types are not checked. */
  typed: boolean;
  /** False for a fence marked `no-run`. */
  runs: boolean;
}

/** The examples of the documentation: fences marked `ts`, in TSDoc comments of src/ and in Markdown, and there `js` too. */
export function extractExamples(root: string): Example[] {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name.replaceAll('\\', '/')}`);
  const pages = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')) : [];
  const documents = [
    'README.md',
    ...pages.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ];
  const files = [...sources.sort(), ...documents.filter((name) => existsSync(join(root, name)))];
  return files.flatMap((file) => examplesIn(file, readFileSync(join(root, file), 'utf8')));
}

function examplesIn(file: string, text: string): Example[] {
  // In a TSDoc comment each line begins with an asterisk.
  const fence = file.endsWith('.md')
    ? /^( *)```(ts|js)( no-run)?\n([\s\S]*?)^ *```$/gm
    : /^( *\* ?)```(ts)( no-run)?\n([\s\S]*?)^ *\* ?```$/gm;
  return [...text.matchAll(fence)].map(([, margin, language, noRun, block], n, all) => {
    const line = text.slice(0, all[n].index).split('\n').length + 1;
    const code = block
      .split('\n')
      .map((text) => (text.startsWith(margin.trimEnd()) ? text.slice(margin.length) : text))
      .join('\n');
    return { where: `${file}:${line}`, file, code, typed: language === 'ts', runs: noRun === undefined };
  });
}

/**
 * Makes each `console.log(…); // comment` a `logged(n)(…)`, n counting from 0, and gives the comments in this order. A
 * call may span lines: the comment stands behind its end.
 */
export function instrument(code: string): { code: string; comments: string[] } {
  const comments: string[] = [];
  // Up to the next semicolon that ends a line there is one statement.
  const statement = /\bconsole\.log(\((?:(?!;[ \t]*\n)[\s\S])*?\);?[ \t]+\/\/ (.*))/g;
  const instrumented = code.replace(statement, (_, call: string, comment: string) => {
    comments.push(comment.trim());
    return `logged(${comments.length - 1})${call}`;
  });
  return { code: instrumented, comments };
}

/**
 * Whether a comment says that this is printed. Behind a colon, or a `where`, it may explain; `, or ` stands between what
 * may be printed here and what elsewhere; `…` stands for anything.
 */
export function agrees(printed: string, comment: string): boolean {
  const line = printed.replace(/\s+/g, ' ').trim();
  const choices = [comment, ...comment.split(', or ')];
  return choices.some((choice) =>
    [choice, ...heads(choice, ': '), ...heads(choice, ' where ')].some((text) => pattern(text).test(line)),
  );
}

/** What stands before each occurrence of a separator. */
function heads(text: string, separator: string): string[] {
  const parts = text.split(separator);
  return parts.slice(1).map((_, n) => parts.slice(0, n + 1).join(separator));
}

function pattern(text: string): RegExp {
  const literal = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`);
}
