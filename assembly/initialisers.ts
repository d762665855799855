/* Initial weights that need more than a fill of uniform or normal numbers. */
import { log } from './math';
import { normalInOrder, uniformAt, Source } from './random';

/**
 * W[rows, columns] with orthonormal columns (rows if there are fewer of them): normal numbers, orthogonalised in double
 * precision (Saxe et al. 2014; Gram & Schmidt, each vector twice, which is enough: Kahan in Parlett 1980).
 * `scratch` holds rows·columns doubles.
 */
export function fillOrthogonal(W: usize, rows: i32, columns: i32, source: Source, scratch: usize): void {
  const tall = rows >= columns;
  const count = tall ? columns : rows;
  const length = tall ? rows : columns;
  const bytes = <usize>length << 3;
  for (let n: i32 = 0; n < count * length; n++) {
    store<f64>(scratch + (<usize>n << 3), normalInOrder(source, n));
  }
  for (let v: i32 = 0; v < count; v++) {
    const vector = scratch + <usize>v * bytes;
    for (let pass: i32 = 0; pass < 2; pass++) {
      for (let u: i32 = 0; u < v; u++) subtractProjection(vector, scratch + <usize>u * bytes, length);
    }
    normalise(vector, length);
  }
  for (let r: i32 = 0; r < rows; r++) {
    for (let c: i32 = 0; c < columns; c++) {
      const n = tall ? c * length + r : r * length + c;
      store<f32>(W + (<usize>(r * columns + c) << 2), <f32>load<f64>(scratch + (<usize>n << 3)));
    }
  }
}

function dot(a: usize, b: usize, length: i32): f64 {
  let sum: f64 = 0;
  for (let n: i32 = 0; n < length; n++) {
    const at = <usize>n << 3;
    sum += load<f64>(a + at) * load<f64>(b + at);
  }
  return sum;
}

function subtractProjection(vector: usize, unit: usize, length: i32): void {
  const along = dot(vector, unit, length);
  for (let n: i32 = 0; n < length; n++) {
    const at = <usize>n << 3;
    store<f64>(vector + at, load<f64>(vector + at) - along * load<f64>(unit + at));
  }
}

function normalise(vector: usize, length: i32): void {
  const scale = 1 / sqrt<f64>(dot(vector, vector, length));
  for (let n: i32 = 0; n < length; n++) {
    const at = vector + (<usize>n << 3);
    store<f64>(at, load<f64>(at) * scale);
  }
}

/**
 * Chrono initialisation (Tallec & Ollivier 2018) of a bias [4H] in the order i f g o: b_f = ln U[1, longest − 1],
 * b_i = −b_f, the rest 0.
 */
export function fillChrono(bias: usize, H: i32, longest: f64, source: Source): void {
  memory.fill(bias, 0, <usize>H << 4);
  for (let unit: i32 = 0; unit < H; unit++) {
    const span = 1 + uniformAt(source, <f64>unit) * (longest - 2);
    const forget = <f32>log(span);
    store<f32>(bias + (<usize>(H + unit) << 2), forget);
    store<f32>(bias + (<usize>unit << 2), -forget);
  }
}
