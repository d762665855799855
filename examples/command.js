// Shared by the commands of the examples: exit codes and flags.

import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** An error that the user can fix: printed as one sentence, without a stack trace. */
export class UsageError extends Error {
  exitCode = 2;
}

/** Runs a command. An error with an `exitCode` is printed as one sentence; any other is a bug and keeps its stack trace. */
export async function command(name, run) {
  // With `| head` the reader closes the pipe early; that is no error.
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
 * @param {Record<string, 'string' | 'boolean'>} kinds of each flag; `--help` is always included
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

/** The same for any number. @throws UsageError */
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

/** Checks that a file can be written, before a long training; an existing file is left as it is. @throws UsageError */
export function writableFile(flag, path) {
  return tried(flag, path, 'a file that can be written', () => {
    const isNew = !existsSync(path);
    closeSync(openSync(path, 'a'));
    if (isNew) rmSync(path);
  });
}

/** A folder, created if it does not exist. @throws UsageError */
export function writableFolder(flag, path) {
  return tried(flag, path, 'a folder that can be created', () => mkdirSync(path, { recursive: true }));
}

function tried(flag, path, expected, act) {
  try {
    act();
    return path;
  } catch ({ code }) {
    throw new UsageError(`--${flag} expected ${expected}, got "${path}": ${REASONS[code] ?? code}`);
  }
}

/** A file's name, quoted for a shell. */
export function quoted(path) {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
