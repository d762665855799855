import { decodeText, encodeText } from '../runtime/text.js';
import { arrayKind, bytesOf, fileBytes, isDetached } from '../validation/arrays.js';
import { clip, describe } from '../validation/errors.js';
import { type Bytes, checkShape, sizeOf } from '../validation/tensor.js';
import { kindOfFile } from './file-kinds.js';

/** An array of any element kind with a shape. */
export interface NamedArray {
  readonly data:
    | Float32Array
    | Float64Array
    | Int8Array
    | Uint8Array
    | Int16Array
    | Uint16Array
    | Int32Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array;
  readonly shape: readonly number[];
}

/** The contents of a safetensors file. */
export interface Safetensors {
  readonly tensors: Record<string, NamedArray>;
  readonly metadata: Record<string, string>;
}

/** The typed array for each dtype, except the 16-bit floats. */
const ARRAYS = {
  F32: Float32Array,
  F64: Float64Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

/** The limit of the reference implementation. */
const LARGEST_HEADER = 100_000_000;

/** An entry of the header: bytes `from` to `to` of the body. */
interface Entry {
  readonly name: string;
  readonly dtype: keyof typeof ARRAYS | 'F16' | 'BF16';
  readonly shape: number[];
  readonly from: number;
  readonly to: number;
}

/**
 * Reads a safetensors file (format: github.com/huggingface/safetensors). F16 and BF16 become Float32Array, exactly.
 *
 * @returns copies: nothing refers to `bytes`
 * @throws TypeError for anything but bytes, RangeError for a file that is truncated, damaged, or of another format; the message names the
 *   tensor, or the format if its first bytes are known. As in the reference implementation, tensors must cover the file without overlaps,
 *   holes, or bytes after the last one
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from 'lstm-wasm/files';
 * const bytes = writeSafetensors({ w: { data: new Float32Array([1, 2]), shape: [2, 1] } }, { by: 'me' });
 * const { tensors, metadata } = readSafetensors(bytes);
 * console.log(tensors.w!.shape, metadata.by); // [ 2, 1 ] me
 * ```
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): Safetensors {
  const file = fileBytes('bytes', bytes);
  if (file === undefined) {
    throw new TypeError(`bytes expected a Uint8Array or an ArrayBuffer, got ${describe(bytes)}`);
  }
  const { header, start } = readHeader(file);
  const body = file.byteLength - start;
  const metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') readMetadata(entry, metadata);
    else entries.push(checkEntry(name, entry, body));
  }
  checkCoverage(entries, body);
  const tensors: Record<string, NamedArray> = {};
  for (const entry of entries)
    define(tensors, entry.name, arrayOf(entry, file.slice(start + entry.from, start + entry.to)));
  return { tensors, metadata };
}

/** Every byte of the body belongs to one tensor: copies of all of them are no larger than the file. */
function checkCoverage(entries: readonly Entry[], body: number): void {
  const sorted = [...entries].sort((a, b) => a.from - b.from || a.to - b.to);
  const hole = (from: number, to: number, why: string) =>
    new RangeError(`safetensors: bytes ${from} to ${to} of the data belong to no tensor: ${why}`);
  let [end, before] = [0, ''];
  for (const { name, from, to } of sorted) {
    if (from < end) throw new RangeError(`safetensors: "${clip(name)}" overlaps "${clip(before)}"`);
    if (from > end) throw hole(end, from, 'the file is damaged, or its header has a name twice');
    [end, before] = [to, name];
  }
  if (end < body) throw hole(end, body, 'there is something after the last one');
}

/**
 * Writes named arrays as a safetensors file. The same contents give the same bytes.
 *
 * @throws TypeError for an array of the wrong kind, RangeError if a shape does not fit its data
 */
export function writeSafetensors(
  tensors: Record<string, NamedArray>,
  metadata: Record<string, string> = {},
): Bytes {
  if (!isRecord(tensors))
    throw new TypeError(`tensors expected named arrays { name: { data, shape } }, got ${describe(tensors)}`);
  const texts = checkMetadata(metadata);
  const header: Record<string, unknown> = Object.keys(texts).length > 0 ? { __metadata__: texts } : {};
  let offset = 0;
  const checked = Object.entries(tensors).map(([name, array]) => checkArray(name, array));
  // The widest elements first, as the reference does, so that each array begins at a multiple of its element size.
  const entries = checked.sort(
    (a, b) => ARRAYS[b.dtype].BYTES_PER_ELEMENT - ARRAYS[a.dtype].BYTES_PER_ELEMENT,
  );
  for (const { name, dtype, shape, bytes } of entries) {
    define(header, name, { dtype, shape, data_offsets: [offset, offset + bytes.length] });
    offset += bytes.length;
  }
  const text = encodeText(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + padded + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8, 8 + padded).set(text, 8);
  let at = 8 + padded;
  for (const { bytes } of entries) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function dtypeOf(data: unknown): keyof typeof ARRAYS | undefined {
  const name = arrayKind(data);
  const kinds = Object.keys(ARRAYS) as (keyof typeof ARRAYS)[];
  return kinds.find((kind) => kind !== 'BOOL' && ARRAYS[kind].name === name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function checkArray(name: string, array: unknown) {
  if (name === '__metadata__')
    throw new TypeError('a tensor cannot have the name "__metadata__": the format reserves it');
  const label = `"${clip(name)}"`;
  if (!isRecord(array)) throw new TypeError(`${label} expected { data, shape }, got ${describe(array)}`);
  const { data, shape } = array;
  const dtype = dtypeOf(data);
  if (dtype === undefined || isDetached(data as Float32Array))
    throw new TypeError(`${label}.data expected a typed array, got ${describe(data)}`);
  const bytes = bytesOf(data as Float32Array);
  return {
    name,
    dtype,
    shape: checkShape(label, shape, bytes.length / ARRAYS[dtype].BYTES_PER_ELEMENT),
    bytes,
  };
}

/** A copy of the texts. */
function checkMetadata(metadata: unknown): Record<string, string> {
  if (!isRecord(metadata))
    throw new TypeError(`metadata expected texts { name: text }, got ${describe(metadata)}`);
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw new TypeError(`metadata.${clip(name)} expected text, got ${describe(value)}`);
    define(texts, name, value);
  }
  return texts;
}

/** `null` stands for no metadata. */
function readMetadata(entry: unknown, metadata: Record<string, string>): void {
  if (entry === null) return;
  if (!isRecord(entry))
    throw new RangeError(`safetensors: the metadata expected texts, got ${describe(entry)}`);
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value !== 'string')
      throw new RangeError(`safetensors: the metadata "${clip(name)}" expected text, got ${describe(value)}`);
    define(metadata, name, value);
  }
}

/** Sets a property; an assignment would lose one with the name `__proto__`. */
function define(record: object, name: string, value: unknown): void {
  Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (file.byteLength < 8) throw notSafetensors(file, `expected at least 8 bytes, got ${file.byteLength}`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > LARGEST_HEADER || 8 + length > file.byteLength) {
    throw notSafetensors(
      file,
      `expected a header of ${length} bytes, got a file of ${file.byteLength}: it is truncated or of another format`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(decodeText(file.slice(8, 8 + length)));
  } catch (error) {
    throw notSafetensors(file, `the header is not JSON: ${clip((error as Error).message)}`);
  }
  if (!isRecord(header)) throw notSafetensors(file, 'the header is not an object');
  return { header, start: 8 + length };
}

/** The error for a file without a header: what it is instead, or what is wrong. */
function notSafetensors(file: Uint8Array, wrong: string): RangeError {
  const kind = kindOfFile(file);
  return new RangeError(`safetensors: ${kind ? `this file is ${kind}` : wrong}`);
}

function checkEntry(name: string, entry: unknown, body: number): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const label = `safetensors: "${clip(name)}"`;
  const whole = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (
    typeof dtype !== 'string' ||
    !Array.isArray(shape) ||
    !shape.every(whole) ||
    !Array.isArray(offsets) ||
    !offsets.every(whole)
  ) {
    const got = clip(JSON.stringify({ dtype, shape, data_offsets: offsets }, shown));
    throw new RangeError(`${label} expected { dtype, shape, data_offsets }, got ${got}`);
  }
  const [from, to] = offsets as [number, number];
  if (offsets.length !== 2 || from > to || to > body) {
    throw new RangeError(
      `${label} expected data_offsets within ${body} bytes, got ${clip(offsets.join(' to '))}: the file is truncated or damaged`,
    );
  }
  const width =
    dtype === 'F16' || dtype === 'BF16' ? 2 : ARRAYS[dtype as keyof typeof ARRAYS]?.BYTES_PER_ELEMENT;
  if (width === undefined) throw new RangeError(`${label} has the unknown dtype ${clip(dtype)}`);
  if (sizeOf(shape) * width !== to - from) {
    throw new RangeError(
      `${label} expected ${clip(shape.join(' * ') || '1')} * ${width} = ${sizeOf(shape) * width} bytes, got ${to - from}`,
    );
  }
  return { name, dtype: dtype as Entry['dtype'], shape, from, to };
}

/** Replaces what would make a message long, or nest deeply. */
function shown(key: string, value: unknown): unknown {
  return key === '' || !(Array.isArray(value) ? value.length > 8 : isRecord(value)) ? value : describe(value);
}

/** `bytes` begins its own buffer, so it is aligned. */
function arrayOf({ dtype, shape }: Entry, bytes: Uint8Array): NamedArray {
  if (dtype === 'F16' || dtype === 'BF16') {
    const halves = new Uint16Array(bytes.buffer);
    return { data: Float32Array.from(halves, (half) => halfToFloat(half, dtype)), shape };
  }
  const Kind = ARRAYS[dtype as keyof typeof ARRAYS];
  return { data: new Kind(bytes.buffer as ArrayBuffer), shape };
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Decodes sixteen bits: IEEE half precision (F16), or the upper half of a float (BF16). Exact. */
export function halfToFloat(bits: number, kind: 'F16' | 'BF16'): number {
  if (kind === 'BF16') {
    word[0] = bits << 16;
    return float[0] as number;
  }
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return (sign * fraction) / 16_777_216;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  // The same exponent and fraction, moved to their places in a float, with its bias.
  word[0] = ((exponent + 112) << 23) | (fraction << 13);
  return sign * (float[0] as number);
}
