/*
 * Detects array types with the built-in getters of the engine's prototypes. Unlike `instanceof`, they recognize arrays of other realms (a
 * `vm` context, an iframe, Jest), and unlike properties, they cannot be overridden by a subclass.
 */

type Getter = (this: unknown) => unknown;

const TypedArray: object = Object.getPrototypeOf(Uint8Array.prototype);

function getterOf(prototype: object, name: PropertyKey): Getter {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as Getter;
}

const tag = getterOf(TypedArray, Symbol.toStringTag);
const length = getterOf(TypedArray, 'length');
const buffer = getterOf(TypedArray, 'buffer');
const byteOffset = getterOf(TypedArray, 'byteOffset');
const byteLength = getterOf(TypedArray, 'byteLength');

/** `'Float32Array'`, `'Uint8Array'`, …; undefined for anything but a typed array. */
export function arrayKind(value: unknown): string | undefined {
  return tag.call(value) as string | undefined;
}

/** The length of a typed array. */
export function lengthOf(array: ArrayBufferView): number {
  return length.call(array) as number;
}

/** The bytes of a typed array, as a plain view: `slice` of a Node Buffer would not copy. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(
    buffer.call(array) as ArrayBuffer,
    byteOffset.call(array) as number,
    byteLength.call(array) as number,
  );
}

/** Whether a typed array uses shared memory: other threads may write to it between a check and its use. */
export function isShared(array: ArrayBufferView): boolean {
  return isSharedArrayBuffer(buffer.call(array));
}

/** Whether a typed array is detached, since its buffer was transferred to another thread. */
export function isDetached(array: ArrayBufferView): boolean {
  if (lengthOf(array) > 0) return false;
  try {
    new Uint8Array(buffer.call(array) as ArrayBuffer);
    return false;
  } catch {
    return true;
  }
}

export function isFloat32(value: unknown): value is Float32Array {
  return arrayKind(value) === 'Float32Array';
}

export function isInt32(value: unknown): value is Int32Array {
  return arrayKind(value) === 'Int32Array';
}

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return answers(getterOf(ArrayBuffer.prototype, 'byteLength'), value);
}

/** The class does not exist on pages that are not cross-origin isolated. */
export function isSharedArrayBuffer(value: unknown): value is SharedArrayBuffer {
  return (
    typeof SharedArrayBuffer !== 'undefined' &&
    answers(getterOf(SharedArrayBuffer.prototype, 'byteLength'), value)
  );
}

export function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return answers(getterOf(Map.prototype, 'size'), value);
}

/** Whether a value has the internal type of a getter, which throws for any other value. */
function answers(getter: Getter, value: unknown): boolean {
  try {
    getter.call(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The bytes of a file; undefined if `value` is neither a Uint8Array nor an ArrayBuffer.
 *
 * @throws TypeError for a detached buffer, of which no view can be made
 */
export function fileBytes(name: string, value: unknown): Uint8Array | undefined {
  try {
    if (arrayKind(value) === 'Uint8Array') return bytesOf(value as Uint8Array);
    return isArrayBuffer(value) ? new Uint8Array(value) : undefined;
  } catch {
    throw new TypeError(`${name} expected bytes, got a detached buffer: it was transferred elsewhere`);
  }
}
