/* A table of rows, looked up by id. */
import { addTo } from '../kernels/rows';

/** out[count, size] = table[ids] */
export function embeddingForward(out: usize, ids: usize, table: usize, count: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let n: i32 = 0; n < count; n++) {
    memory.copy(out, table + <usize>load<u32>(ids) * bytes, bytes);
    out += bytes;
    ids += 4;
  }
}

/** dtable[ids] += dout[count, size], in the order of the ids. */
export function embeddingBackward(dtable: usize, dout: usize, ids: usize, count: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let n: i32 = 0; n < count; n++) {
    addTo(dtable + <usize>load<u32>(ids) * bytes, dout, size);
    dout += bytes;
    ids += 4;
  }
}
