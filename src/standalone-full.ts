/*
 * Everything in one file, for build/standalone/full.js and, as a classic script, build/standalone/classic.js: what the
 * standalone file has, `inspect` and the relaxed binary.
 */

export * from './inspect/index.js';
export * from './relaxed.js';
export * from './standalone.js';
