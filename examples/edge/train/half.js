import { readSafetensors, writeSafetensors } from 'lstm-wasm/files';

/** The largest number of 16 bits. */
const LARGEST = 65_504;

/** A safetensors file with every weight as a 16-bit number (F16): half the download, and `loadModel` reads it as it is. */
export function inHalves(file) {
  const { tensors, metadata } = readSafetensors(file);
  const halves = Object.entries(tensors).map(([name, { data, shape }]) => [
    name,
    { data: Uint16Array.from(data, toHalf), shape },
  ]);
  const bytes = writeSafetensors(Object.fromEntries(halves), metadata);
  const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  // The bits are float16; the header calls them integers, in a word of the same length.
  const header = new TextDecoder().decode(bytes.subarray(8, end));
  bytes.set(new TextEncoder().encode(header.replaceAll('"dtype":"U16"', '"dtype":"F16"')), 8);
  return bytes;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of the nearest float16, ties to even. @throws RangeError where there is none */
export function toHalf(value) {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const size = Math.abs(float[0]);
  if (!(size <= LARGEST)) throw new RangeError(`expected a number up to ${LARGEST}, got ${value}`);
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const magnitude = bits[0] & 0x7fffffff;
  return sign | ((magnitude - (112 << 23) + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

function roundEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
