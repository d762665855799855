// Selecting, concatenating and splitting rows and columns. No arithmetic.

/** The rows `picked` of an axis: states [1, rows, size] on axis 1, keys [rows, places, size] on axis 0. */
export function take({ data, shape }, axis, picked) {
  const before = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const size = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const result = new data.constructor(before * picked.length * size);
  for (let outer = 0, at = 0; outer < before; outer++) {
    for (const pick of picked) {
      const from = (outer * shape[axis] + pick) * size;
      result.set(data.subarray(from, from + size), at);
      at += size;
    }
  }
  return { data: result, shape: [...shape.slice(0, axis), picked.length, ...shape.slice(axis + 1)] };
}

/** The gradient of {@link take} on the first axis: the other rows are zero. */
export function scatter({ data }, picked, shape) {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  const result = new Float32Array(shape[0] * size);
  for (const [n, pick] of picked.entries()) result.set(data.subarray(n * size, (n + 1) * size), pick * size);
  return { data: result, shape };
}

/** [rows, a] and [rows, b] side by side: [rows, a + b]. */
export function beside(left, right) {
  const [a, b] = [left.shape.at(-1), right.shape.at(-1)];
  const rows = left.data.length / a;
  const data = new Float32Array(rows * (a + b));
  for (let row = 0; row < rows; row++) {
    data.set(left.data.subarray(row * a, (row + 1) * a), row * (a + b));
    data.set(right.data.subarray(row * b, (row + 1) * b), row * (a + b) + a);
  }
  return { data, shape: [rows, a + b] };
}

/** The inverse of {@link beside}, where the left part has `width` columns. */
export function apart({ data, shape: [rows, columns] }, width) {
  const left = { data: new Float32Array(rows * width), shape: [rows, width] };
  const right = { data: new Float32Array(rows * (columns - width)), shape: [rows, columns - width] };
  for (let row = 0; row < rows; row++) {
    const at = row * columns;
    left.data.set(data.subarray(at, at + width), row * width);
    right.data.set(data.subarray(at + width, at + columns), row * (columns - width));
  }
  return [left, right];
}

/** The same values in another shape. */
export function reshaped({ data }, shape) {
  return { data, shape };
}

export function sum(a, b) {
  return { data: a.data.map((value, n) => value + b.data[n]), shape: a.shape };
}
