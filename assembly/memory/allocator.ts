/*
 * The allocator: two-level segregated fit (Masmano et al. 2004, "TLSF"); neighbouring free blocks are merged. Bins are
 * searched in order, without TLSF's bitmaps: there are only 128 bins and few allocations.
 *
 *   | header 16 bytes | payload, aligned to 16 | header | payload | …        upwards from the end of the static data
 *
 * `allocate` returns 0 if the memory cannot grow: it never traps, and leaves the heap unchanged.
 */

const HEADER: usize = 16;
const SMALLEST: usize = 32;
const LARGEST: usize = 0xfff00000;
const PAGE_BITS: u32 = 16;
/** Memory grows in few, large steps: each one detaches the host's views. */
const GROWTH: usize = 1 << 20;

/** The heap ends this far before the memory: vector loads may read 60 bytes past the end of a row (see biasGradient). */
const SLACK: usize = 64;

/** Four bins for each power of two: a block from the next bin wastes at most a quarter. */
const SPLIT_BITS: u32 = 2;
const BINS: u32 = 32 << SPLIT_BITS;
const bins = memory.data(32 * 4 * 4, 16);

@unmanaged
class Block {
  /** Bytes including the header, a multiple of 16; bit 0 is set while the block is free. */
  size: usize;
  /** The block that ends where this one begins, 0 for the first. */
  before: usize;
  /** Neighbours in the bin, while free. */
  next: usize;
  previous: usize;
}

let end: usize = 0;
let last: usize = 0;

// @ts-ignore: decorator
@inline
function block(address: usize): Block {
  return changetype<Block>(address);
}

// @ts-ignore: decorator
@inline
function sizeOf(address: usize): usize {
  return block(address).size & ~1;
}

// @ts-ignore: decorator
@inline
function isFree(address: usize): bool {
  return <bool>(block(address).size & 1);
}

// @ts-ignore: decorator
@inline
function binOf(size: usize): u32 {
  const log = 31 - clz<u32>(<u32>size);
  return (log << SPLIT_BITS) | ((<u32>size >> (log - SPLIT_BITS)) & 3);
}

// @ts-ignore: decorator
@inline
function binHead(bin: u32): usize {
  return bins + (<usize>bin << 2);
}

function insert(address: usize): void {
  const bin = binHead(binOf(sizeOf(address)));
  const head = load<usize>(bin);
  block(address).size |= 1;
  block(address).next = head;
  block(address).previous = 0;
  if (head) block(head).previous = address;
  store<usize>(bin, address);
}

function remove(address: usize): void {
  const next = block(address).next;
  const previous = block(address).previous;
  if (next) block(next).previous = previous;
  if (previous) block(previous).next = next;
  else store<usize>(binHead(binOf(sizeOf(address))), next);
  block(address).size &= ~1;
}

/** The first free block of at least `size` bytes, 0 if there is none. In bins above its own every block is large enough. */
function find(size: usize): usize {
  for (let bin = binOf(size); bin < BINS; bin++) {
    for (let at = load<usize>(binHead(bin)); at; at = block(at).next) {
      if (sizeOf(at) >= size) return at;
    }
  }
  return 0;
}

/** Grows the memory so that a free block of at least `size` bytes ends the heap, and returns it; 0 if the memory cannot grow. */
function extend(size: usize): usize {
  if (!end) end = (__heap_base + 15) & ~15;
  const tail = last && isFree(last) ? sizeOf(last) : 0;
  const limit = (<usize>memory.size() << PAGE_BITS) - SLACK;
  const available = limit > end ? limit - end : 0;
  const wanted = size - tail;
  if (wanted > available) {
    const missing = wanted - available;
    if (missing > LARGEST - limit) return 0;
    const step = max(missing, max(GROWTH, limit >> 3));
    const pages = <i32>((min(step, LARGEST - limit) + 0xffff) >> PAGE_BITS);
    if (memory.grow(pages) < 0) {
      if (memory.grow(<i32>((missing + 0xffff) >> PAGE_BITS)) < 0) return 0;
    }
  }
  // Freeing the new block merges it with a free one before it.
  block(end).size = ((<usize>memory.size() << PAGE_BITS) - SLACK - end) & ~15;
  block(end).before = last;
  last = end;
  end += block(last).size;
  free(last + HEADER);
  return last;
}

/** Cuts a used block to `size` bytes and frees the rest. */
function trim(address: usize, size: usize): void {
  const rest = sizeOf(address) - size;
  if (rest < SMALLEST) return;
  const cut = address + size;
  block(address).size = size;
  block(cut).size = rest;
  block(cut).before = address;
  if (address == last) last = cut;
  else block(cut + rest).before = cut;
  insert(cut);
}

/** `bytes` bytes aligned to 16, or 0 if the memory cannot grow that far. The contents are undefined. */
export function allocate(bytes: usize): usize {
  if (bytes > LARGEST) return 0;
  const size = max(((bytes + 15) & ~15) + HEADER, SMALLEST);
  let address = find(size);
  if (!address) address = extend(size);
  if (!address) return 0;
  remove(address);
  trim(address, size);
  return address + HEADER;
}

/** Frees a block and merges it with its free neighbours. */
export function free(pointer: usize): void {
  let address = pointer - HEADER;
  assert(!isFree(address), 'freed twice');
  const after = address + sizeOf(address);
  if (after < end && isFree(after)) {
    remove(after);
    block(address).size += sizeOf(after);
    if (after == last) last = address;
  }
  const before = block(address).before;
  if (before && isFree(before)) {
    remove(before);
    block(before).size += sizeOf(address);
    if (address == last) last = before;
    address = before;
  }
  const next = address + sizeOf(address);
  if (next < end) block(next).before = address;
  insert(address);
}
