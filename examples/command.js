// What the commands of the examples share: how they end, and how they read their flags.

import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What the user can put right: told in one sentence, without a stack trace. */
export class UsageError extends Error {
  exitCode = 2;
}

/** Runs a command. An error with an `exitCode` is told in one sentence; any other is a defect, and keeps its stack trace. */
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

/**
 * The flags as texts.
 *
 * @param {string[]} args
 * @param {Record<string, 'string' | 'boolean'>} kinds of each flag; `--help` is there of itself
 * @param {{ positionals?: boolean }} [allowed]
 * @returns {{ values: Record<string, string | boolean | undefined>, positionals: string[] }}
 * @throws UsageError
 */
export function parseFlags(args, kinds, { positionals = false } = {}) {
  const options = { help: { type: 'boolean', short: 'h' } };
  for (const [flag, type] of Object.entries(kinds)) options[flag] = { type };
  try {
    return parseArgs({ args, options, allowPositionals: positionals });
  } catch (error) {
    // The first sentence says what is wrong; the rest is about flags that begin with a dash.
    const [sentence] = error.message.split(/\.\s|\n/);
    throw new UsageError(`${sentence}; see --help`);
  }
}

/** @returns {number | undefined} undefined where the flag was not given. @throws UsageError */
export function wholeNumber(flag, text, from, to) {
  return checked(flag, text, `a whole number from ${from} to ${to}`, (value) => {
    return Number.isInteger(value) && value >= from && value <= to;
  });
}

/** Likewise, of any number. @throws UsageError */
export function number(flag, text, from, to) {
  return checked(flag, text, `a number from ${from} to ${to}`, (value) => value >= from && value <= to);
}

function checked(flag, text, expected, holds) {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (holds(value)) return value;
  throw new UsageError(`--${flag} expected ${expected}, got "${text}"`);
}

/** @returns {string | undefined} undefined where the flag was not given. @throws UsageError */
export function fileName(flag, path) {
  if (path === '') throw new UsageError(`--${flag} expected the name of a file, got ""`);
  return path;
}

const REASONS = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EISDIR: 'it is a folder',
  EEXIST: 'a file has that name',
  EACCES: 'access is denied',
};

/** A file that can be written: tried before the training, so that nobody waits in vain; what is there stays. @throws UsageError */
export function writableFile(flag, path) {
  return tried(flag, path, 'a file that can be written', () => {
    const isNew = !existsSync(path);
    closeSync(openSync(path, 'a'));
    if (isNew) rmSync(path);
  });
}

/** A folder, made where it is not there yet. @throws UsageError */
export function writableFolder(flag, path) {
  return tried(flag, path, 'a folder that can be made', () => mkdirSync(path, { recursive: true }));
}

function tried(flag, path, expected, act) {
  try {
    act();
    return path;
  } catch ({ code }) {
    throw new UsageError(`--${flag} expected ${expected}, got "${path}": ${REASONS[code] ?? code}`);
  }
}

/** A file's name as a shell takes it. */
export function quoted(path) {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
