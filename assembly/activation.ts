/* Activations on their own, tanh, sigmoid, relu and exp: y = φ(x), and dx = dy∘φ′ told from y alone. */
import { exp4, relu4, sigmoid4, tanh4 } from './math';
import { splat, storeLanes } from './simd';

const TANH: i32 = 0;
export const SIGMOID: i32 = 1;
export const RELU: i32 = 2;
export const EXPONENTIAL: i32 = 3;

function activate(a: v128, kind: i32): v128 {
  if (kind == TANH) return tanh4(a);
  if (kind == SIGMOID) return sigmoid4(a);
  return kind == RELU ? relu4(a) : exp4(a);
}

export function activationForward(y: usize, x: usize, count: i32, kind: i32): void {
  for (let n: i32 = 0; n < count; n += 4) {
    const at = <usize>n << 2;
    const a = v128.load(x + at);
    storeLanes(y + at, activate(a, kind), count - n);
  }
}

export function activationBackward(dx: usize, dy: usize, y: usize, count: i32, kind: i32): void {
  const one = splat(1);
  for (let n: i32 = 0; n < count; n += 4) {
    const at = <usize>n << 2;
    const value = v128.load(y + at);
    const gradient = v128.load(dy + at);
    let result = f32x4.mul(gradient, value);
    if (kind == RELU) result = v128.and(gradient, f32x4.gt(value, splat(0)));
    if (kind == TANH) result = f32x4.mul(gradient, f32x4.sub(one, f32x4.mul(value, value)));
    if (kind == SIGMOID) result = f32x4.mul(gradient, f32x4.mul(value, f32x4.sub(one, value)));
    storeLanes(dx + at, result, count - n);
  }
}
