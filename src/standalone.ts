/*
 * All but the relaxed binary, for build/standalone/lstm-wasm.js: a page without a bundler takes it in one request. Its
 * classes are its own, so a page takes everything from here or nothing.
 */
export * from './data/index.js';
export * from './files/index.js';
export * from './index.js';
