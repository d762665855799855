/* Initial weights that need more than a fill of uniform or normal numbers. */
import { log } from '../kernels/math';
import { normalInOrder, uniformAt, Source } from '../kernels/random';

/**
 * W[rows, columns] with orthonormal columns (rows if there are fewer of them): normal numbers, orthogonalized in double
 * precision (Saxe et al. 2014) by Gram & Schmidt, twice for each vector, which is enough (Kahan in Parlett 1980).
 * `scratch` has space for a double per value, with vectors padded to an even length.
 */
export function fillOrthogonal(W: usize, rows: i32, columns: i32, source: Source, scratch: usize): void {
  const tall = rows >= columns;
  const count = tall ? columns : rows;
  const size = tall ? rows : columns;
  const length = (size + 1) & ~1;
  const bytes = <usize>length << 3;
  for (let v: i32 = 0; v < count; v++) {
    const vector = scratch + <usize>v * bytes;
    store<f64>(vector + bytes - 8, 0);
    for (let n: i32 = 0; n < size; n++) store<f64>(vector + (<usize>n << 3), normalInOrder(source, v * size + n));
    for (let pass: i32 = 0; pass < 2; pass++) {
      for (let u: i32 = 0; u < v; u++) subtractProjection(vector, scratch + <usize>u * bytes, length);
    }
    const scale = 1 / sqrt<f64>(dot(vector, vector, length));
    for (let n: i32 = 0; n < size; n++) {
      const at = vector + (<usize>n << 3);
      const value = load<f64>(at) * scale;
      store<f64>(at, value);
      store<f32>(W + (<usize>(tall ? n * columns + v : v * columns + n) << 2), <f32>value);
    }
  }
}

/** Two chains in a fixed order; `length` is even. */
function dot(a: usize, b: usize, length: i32): f64 {
  let sum = f64x2.splat(0);
  for (const end = a + (<usize>length << 3); a < end; a += 16) {
    sum = f64x2.add(sum, f64x2.mul(v128.load(a), v128.load(b)));
    b += 16;
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function subtractProjection(vector: usize, unit: usize, length: i32): void {
  const along = f64x2.splat(dot(vector, unit, length));
  for (const end = vector + (<usize>length << 3); vector < end; vector += 16) {
    v128.store(vector, f64x2.sub(v128.load(vector), f64x2.mul(along, v128.load(unit))));
    unit += 16;
  }
}

/**
 * Chrono initialization (Tallec & Ollivier 2018) of a bias [4H] in the order i f g o: b_f = ln U[1, longest − 1],
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
