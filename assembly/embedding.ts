/* A table of rows, looked up by id. Ids were checked by the host. */

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
    const row = dtable + <usize>load<u32>(ids) * bytes;
    for (let at: usize = 0; at < bytes; at += 4) store<f32>(row + at, load<f32>(row + at) + load<f32>(dout + at));
    dout += bytes;
    ids += 4;
  }
}
