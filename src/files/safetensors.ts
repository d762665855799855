import { decodeText, encodeText } from '../runtime/text.js';
import { arrayKind, bytesOf, fileBytes, lengthOf } from '../validation/arrays.js';
import { describe } from '../validation/errors.js';
import { checkShape, sizeOf } from '../validation/tensor.js';

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

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * Reads a safetensors file (format: github.com/huggingface/safetensors). F16 and BF16 become Float32Array, exactly.
 *
 * @returns copies: nothing refers to `bytes`
 * @throws TypeError for anything but bytes, RangeError for a file that is truncated, damaged, or of another format; the message names the
 *   tensor
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from 'lstm-wasm/files';
 * const bytes = writeSafetensors({ w: { data: new Float32Array([1, 2]), shape: [2, 1] } }, { by: 'me' });
 * const { tensors, metadata } = readSafetensors(bytes);
 * console.log(tensors.w!.shape, metadata.by); // [ 2, 1 ] me
 * ```
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): Safetensors {
  const file = fileBytes(bytes);
  if (file === undefined) {
    throw new TypeError(`bytes expected a Uint8Array or an ArrayBuffer, got ${describe(bytes)}`);
  }
  const { header, start } = readHeader(file);
  const body = file.byteLength - start;
  const tensors: Record<string, NamedArray> = {};
  const metadata: Record<string, string> = {};
  const spans: [number, number, string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') readMetadata(entry, metadata);
    else {
      const [from, to] = checkEntry(name, entry, body);
      spans.push([from, to, name]);
      define(tensors, name, arrayOf(entry as Entry, file.slice(start + from, start + to)));
    }
  }
  spans.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  for (let n = 1; n < spans.length; n++) {
    const [, end, before] = spans[n - 1] as [number, number, string];
    const [from, , name] = spans[n] as [number, number, string];
    if (from < end) throw new RangeError(`safetensors: "${name}" overlaps "${before}"`);
  }
  return { tensors, metadata };
}

/**
 * Writes named arrays as a safetensors file. The same contents give the same bytes.
 *
 * @throws TypeError for an array of the wrong kind, RangeError if a shape does not fit its data
 */
export function writeSafetensors(
  tensors: Record<string, NamedArray>,
  metadata: Record<string, string> = {},
): Uint8Array {
  if (!isRecord(tensors))
    throw new TypeError(`tensors expected named arrays { name: { data, shape } }, got ${describe(tensors)}`);
  checkMetadata(metadata);
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, array] of Object.entries(tensors)) checkArray(name, array);
  // The widest elements first, as the reference does, so that each array begins at a multiple of its element size.
  const entries = Object.entries(tensors).sort(([, a], [, b]) => widthOf(b) - widthOf(a));
  for (const [name, { data, shape }] of entries) {
    define(header, name, { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] });
    offset += data.byteLength;
  }
  const text = encodeText(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + padded + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8, 8 + padded).set(text, 8);
  let at = 8 + padded;
  for (const [, { data }] of entries) {
    file.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return file;
}

function widthOf({ data }: NamedArray): number {
  return data.BYTES_PER_ELEMENT;
}

function dtypeOf(data: unknown): string | undefined {
  const name = arrayKind(data);
  return Object.entries(ARRAYS).find(([kind, Kind]) => kind !== 'BOOL' && Kind.name === name)?.[0];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function checkArray(name: string, array: unknown): void {
  if (name === '__metadata__')
    throw new TypeError('a tensor cannot have the name "__metadata__": the format reserves it');
  if (!isRecord(array)) throw new TypeError(`"${name}" expected { data, shape }, got ${describe(array)}`);
  if (dtypeOf(array.data) === undefined)
    throw new TypeError(`"${name}".data expected a typed array, got ${describe(array.data)}`);
  checkShape(`"${name}"`, array.shape, lengthOf(array.data as Float32Array));
}

function checkMetadata(metadata: unknown): void {
  if (!isRecord(metadata))
    throw new TypeError(`metadata expected texts { name: text }, got ${describe(metadata)}`);
  for (const [name, value] of Object.entries(metadata))
    if (typeof value !== 'string')
      throw new TypeError(`metadata.${name} expected text, got ${describe(value)}`);
}

function readMetadata(entry: unknown, metadata: Record<string, string>): void {
  if (!isRecord(entry))
    throw new RangeError(`safetensors: the metadata expected texts, got ${describe(entry)}`);
  for (const [name, value] of Object.entries(entry)) {
    if (typeof value !== 'string')
      throw new RangeError(`safetensors: the metadata "${name}" expected text, got ${describe(value)}`);
    define(metadata, name, value);
  }
}

/** Sets a property; an assignment would lose one with the name `__proto__`. */
function define(record: object, name: string, value: unknown): void {
  Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (file.byteLength < 8)
    throw new RangeError(`safetensors: expected at least 8 bytes, got ${file.byteLength}`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > LARGEST_HEADER || 8 + length > file.byteLength) {
    throw new RangeError(
      `safetensors: expected a header of ${length} bytes, got a file of ${file.byteLength}: it is truncated or of another format`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(decodeText(file.subarray(8, 8 + length)));
  } catch (error) {
    throw new RangeError(`safetensors: the header is not JSON: ${(error as Error).message}`);
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header))
    throw new RangeError('safetensors: the header is not an object');
  return { header: header as Record<string, unknown>, start: 8 + length };
}

function checkEntry(name: string, entry: unknown, body: number): [number, number] {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<Entry>;
  const whole = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (
    typeof dtype !== 'string' ||
    !Array.isArray(shape) ||
    !shape.every(whole) ||
    !Array.isArray(offsets) ||
    !offsets.every(whole)
  ) {
    throw new RangeError(
      `safetensors: "${name}" expected { dtype, shape, data_offsets }, got ${JSON.stringify(entry)}`,
    );
  }
  const [from, to] = offsets as [number, number];
  if (offsets.length !== 2 || from > to || to > body) {
    throw new RangeError(
      `safetensors: "${name}" expected data_offsets within ${body} bytes, got ${offsets.join(' to ')}: the file is truncated or damaged`,
    );
  }
  const width =
    dtype === 'F16' || dtype === 'BF16' ? 2 : ARRAYS[dtype as keyof typeof ARRAYS]?.BYTES_PER_ELEMENT;
  if (width === undefined) throw new RangeError(`safetensors: "${name}" has the unknown dtype ${dtype}`);
  if (sizeOf(shape) * width !== to - from) {
    throw new RangeError(
      `safetensors: "${name}" expected ${shape.join(' * ') || 1} * ${width} = ${sizeOf(shape) * width} bytes, got ${to - from}`,
    );
  }
  return [from, to];
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
