/* A table of rows, looked up by id; -1 stands for a skipped id. */
import { addTo } from '../kernels/rows';

/** out[count, size] = table[ids], 0 for skipped ids. */
export function embeddingForward(out: usize, ids: usize, table: usize, count: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (let n: i32 = 0; n < count; n++) {
    const id = load<i32>(ids);
    if (id < 0) memory.fill(out, 0, bytes);
    else memory.copy(out, table + <usize>id * bytes, bytes);
    out += bytes;
    ids += 4;
  }
}

/** dtable[ids] += dout[count, size], in the order of the ids, except for skipped ids and the id `padding` (-1 for none). */
export function embeddingBackward(
  dtable: usize, dout: usize, ids: usize, count: i32, size: i32, padding: i32,
): void {
  const bytes = <usize>size << 2;
  for (let n: i32 = 0; n < count; n++) {
    const id = load<i32>(ids);
    if (id >= 0 && id != padding) addTo(dtable + <usize>id * bytes, dout, size);
    dout += bytes;
    ids += 4;
  }
}
