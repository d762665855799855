import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { names } from '../scripts/short-names.mjs';

/* What the build may shorten; that no user meets these names is part of test/package/pack.test.ts. */

const source = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../src/${name}`, import.meta.url)), 'utf8');
const code = (readdirSync(fileURLToPath(new URL('../src', import.meta.url)), { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map(source)
  .join('\n');

const property = (name: string) => new RegExp(`[.{,]\\s*${name}\\b|\\b${name}\\??[:(,} ]`);

describe('a name that the build shortens', () => {
  it.each(names as string[])('%s is one in src, and is not read by its text', (name) => {
    expect(code).toMatch(property(name));
    expect(code).not.toMatch(new RegExp(`\\[['"\`]${name}['"\`]\\]|['"]${name}['"] in `));
  });

  it.each(names as string[])('%s is none of the binary, of other threads or of a file', (name) => {
    expect(source('runtime/core.ts')).not.toMatch(new RegExp(`^  (readonly )?${name}[(:]`, 'm'));
    for (const file of ['training/protocol.ts', 'training/model-state.ts', 'training/job.ts'])
      expect(source(file)).not.toMatch(new RegExp(`^  readonly ${name}\\??:`, 'm'));
  });
});
