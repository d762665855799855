import { Refusal } from './refusal.js';

/** The format version; a state of another version is refused. */
const VERSION = 1;
const HEADER = 8;
/** Far beyond any cell state: each step adds at most 1. */
const LARGEST_VALUE = 1e7;

/** Tells one model's file from another (FNV-1a): a state is only valid for the model that it comes from. */
export function fingerprint(bytes) {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * A state as text that a client keeps: version, rows, the model's fingerprint; then `numbers` of 64 bits and `values` of 32.
 */
export function packState(model, { rows, numbers, values }) {
  const bytes = new Uint8Array(HEADER + numbers.length * 8 + values.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, VERSION, true);
  view.setUint16(2, rows, true);
  view.setUint32(4, model, true);
  new Float64Array(bytes.buffer, HEADER, numbers.length).set(numbers);
  new Float32Array(bytes.buffer, HEADER + numbers.length * 8).set(values);
  return btoa(String.fromCharCode(...bytes));
}

/**
 * What {@link packState} packed. A client may have changed any bit of it, so nothing but sizes and finite numbers is relied on.
 *
 * @param sizes - how many `numbers` and `values` a row has
 * @throws Refusal
 */
export function unpackState(model, text, sizes) {
  const bytes = bytesOf(text);
  const view = new DataView(bytes.buffer);
  if (bytes.length < HEADER || view.getUint16(0, true) !== VERSION)
    throw refusal('this one is of another kind');
  if (view.getUint32(4, true) !== model) throw refusal('this one comes from another model');
  const rows = view.getUint16(2, true);
  const numbersSize = rows * sizes.numbers * 8;
  if (rows === 0 || bytes.length !== HEADER + numbersSize + rows * sizes.values * 4)
    throw refusal('this one is cut or longer');
  const numbers = new Float64Array(bytes.buffer, HEADER, rows * sizes.numbers);
  const values = new Float32Array(bytes.buffer, HEADER + numbersSize);
  if (!numbers.every(Number.isFinite) || !values.every((value) => Math.abs(value) <= LARGEST_VALUE))
    throw refusal('this one has values that no model has');
  return { rows, numbers, values };
}

export function refusal(what) {
  return new Refusal(422, `state expected what an earlier answer gave: ${what}`);
}

function bytesOf(text) {
  try {
    if (typeof text !== 'string') throw new TypeError();
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw refusal('this one is no base64');
  }
}
