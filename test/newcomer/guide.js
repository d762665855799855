import { readFileSync } from 'node:fs';

/**
 * Code from the documentation, as it stands there: the fence `n` in a language below a heading.
 *
 * @throws Error where the heading or the code is gone
 */
export function copy(file, heading, { language = '(?:ts|js)', n = 0 } = {}) {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [, section] = text.split(new RegExp(`^##? ${heading}\n`, 'm'));
  const fence = new RegExp(`^\`\`\`${language}(?: no-run)?\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  const found = [...(section ?? '').split('\n## ')[0].matchAll(fence)][n];
  if (found === undefined) throw new Error(`${file}: no such code below "${heading}"`);
  return found[1];
}

/** What the comments behind its console.log say that code prints; what follows a colon explains. */
export function said(code) {
  const comments = [...code.matchAll(/\bconsole\.log\(.*\);? +\/\/ (.*)$/gm)];
  return comments.map(([, comment]) => comment.replace(/: .*/, '')).join('\n');
}
