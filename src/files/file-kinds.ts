/** Files that are often taken for safetensors, by their first bytes as hexadecimal digits. */
const BYTES: readonly (readonly [string, RegExp])[] = [
  ['a zip archive, as PyTorch (.pt, .pth), Keras (.keras) and NumPy (.npz) write them', /^504b0[357]/],
  ['an HDF5 file, as Keras writes them (.h5)', /^894844460d0a/],
  // Protocols 2 to 5. The third byte distinguishes it from the length of a small header.
  ['a Python pickle, as older PyTorch files are (.pt, .pth)', /^800[2-5](?!00)/],
  ['compressed with gzip: decompress it first', /^1f8b08/],
  ['compressed with Zstandard: decompress it first', /^28b52ffd/],
  ['a NumPy array (.npy)', /^934e554d5059/],
  ['a GGUF file', /^47475546/],
  ['a TensorFlow Lite model', /^.{8}54464c33/],
  ['a WebAssembly binary', /^0061736d/],
];

/** The same by their first characters. */
const TEXTS: readonly (readonly [string, RegExp])[] = [
  ['a Git LFS pointer: the file itself was not downloaded', /^version https:\/\/git-lfs/],
  ['a web page: check its address', /^\s*<(!doctype|html)/i],
  ['JSON text', /^(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*(["[{\]\dtfn-]|$))/],
];

/** The kind of a file by its first bytes; undefined if they are not known. */
export function kindOfFile(file: Uint8Array): string | undefined {
  const start = file.subarray(0, 64);
  const digits = Array.from(start, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const text = String.fromCharCode(...start);
  const found =
    BYTES.find(([, bytes]) => bytes.test(digits)) ?? TEXTS.find(([, characters]) => characters.test(text));
  return found?.[0];
}
