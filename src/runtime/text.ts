/*
 * UTF-8. An AudioWorklet and some other engines have neither TextEncoder nor TextDecoder: there the functions that escape
 * addresses do it, which are part of the language.
 */

/** @throws TypeError or URIError for bytes that are not UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  if (typeof TextDecoder !== 'undefined')
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  let escaped = '';
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, '0')}`;
  return decodeURIComponent(escaped);
}

/** Of text without lone surrogates, such as JSON. */
export function encodeText(text: string): Uint8Array {
  if (typeof TextEncoder !== 'undefined') return new TextEncoder().encode(text);
  const bytes = unescape(encodeURIComponent(text));
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}
