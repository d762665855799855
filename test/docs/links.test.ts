import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/*
 * What the documentation refers to exists: files and headings that are linked to, functions named as
 * `assembly/cells/lstm.ts: cellForward`, and the lines quoted from them, in a fence that names the function or inline, ending in a
 * semicolon, after the function is named.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...guides.map((name) => `docs/${name}`)];

const NAMED = /`((?:assembly|src)\/[\w./-]+\.ts): (\w+)`/g;
const QUOTED_BLOCK = /^```typescript (\S+\.ts): (\w+)\n([\s\S]*?)^```$/gm;
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const prose = read(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The text of a function, from its name to the brace in the first column. Undefined where there is none. */
function functionText(file: string, name: string): string | undefined {
  if (!existsSync(join(root, file))) return undefined;
  return new RegExp(`\\bfunction ${name}\\([\\s\\S]*?\\n}\\n`).exec(read(file))?.[0];
}

function functionsNamed(text: string): { file: string; name: string; at: number }[] {
  return [...text.matchAll(NAMED)].map(({ 1: file, 2: name, index }) => ({ file, name, at: index }));
}

/** Inline quotations, each with the function named before it. */
function inlineQuotations(text: string) {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, (block) => ' '.repeat(block.length));
  const functions = functionsNamed(prose);
  return [...prose.matchAll(/`([^`\n]+;)`/g)].map(({ 1: quoted, index }) => ({
    quoted,
    source: functions.filter(({ at }) => at < index).at(-1),
  }));
}

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('links to files that exist', () => {
    const targets = [...text.matchAll(LINK)].map(([, target]) => target.replace(/#.*$/, ''));
    const local = targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
    const missing = local.filter((target) => !existsSync(join(root, dirname(page), target)));
    expect(missing).toEqual([]);
  });

  it('links to headings that exist', () => {
    const targets = [...text.matchAll(LINK)]
      .map(([, target]) => target.split('#'))
      .filter(([file, anchor]) => anchor !== undefined && !/^[a-z]+:/.test(file))
      .map(([file, anchor]) => [file === '' ? page : join(dirname(page), file), anchor]);
    const missing = targets.filter(
      ([file, anchor]) => !(existsSync(join(root, file)) && anchorsOf(file).includes(anchor)),
    );
    expect(missing).toEqual([]);
  });

  it('names functions that exist', () => {
    const missing = functionsNamed(text).filter(({ file, name }) => functionText(file, name) === undefined);
    expect(missing).toEqual([]);
  });

  it('quotes lines that stand there', () => {
    const blocks = [...text.matchAll(QUOTED_BLOCK)].flatMap(([, file, name, block]) =>
      block
        .trimEnd()
        .split('\n')
        .map((line) => ({ quoted: line.trim(), source: { file, name } })),
    );
    const missing = [...blocks, ...inlineQuotations(text)].filter(
      ({ quoted, source }) => !source || !functionText(source.file, source.name)?.includes(quoted),
    );
    expect(missing).toEqual([]);
  });
});

it('docs/lstm.md says something of the cell both ways', () => {
  const names = functionsNamed(read('docs/lstm.md')).map(({ file, name }) => `${file}: ${name}`);
  expect(names).toContain('assembly/cells/lstm.ts: cellForward');
  expect(names).toContain('assembly/cells/lstm.ts: cellBackward');
  expect(inlineQuotations(read('docs/lstm.md')).length).toBeGreaterThan(15);
});
