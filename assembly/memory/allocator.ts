/*
 * The allocator: two-level segregated fit (Masmano et al. 2004, "TLSF"); free neighbours are merged. Bins are searched in
 * order, without TLSF's bitmaps: there are only 128, and few allocations.
 *
 *   | header 16 bytes | payload, aligned to 16 | header | payload | …        from the end of the static data up
 *
 * `allocate` returns 0 if the memory cannot grow: it never traps, and leaves the heap unchanged.
 */

const HEADER: usize = 16;
const SMALLEST: usize = 32;
const LARGEST: usize = 0xfff00000;
const PAGE_BITS: u32 = 16;
/** Fewer, larger steps: each growth detaches the views that the host holds. */
const GROWTH: usize = 1 << 20;

/** Vector loads may reach 60 bytes past the end of a row (see biasGradient): the heap ends before the memory does. */
const SLACK: usize = 64;

/** Bins of one power of two: four, so that a block found in the bin above wastes at most a quarter. */
const SPLIT_BITS: u32 = 2;
const BINS: u32 = 32 << SPLIT_BITS;
const bins = memory.data(32 * 4 * 4, 16);

@unmanaged
class Block {
  /** Bytes with the header, a multiple of 16; bit 0 set while the block is free. */
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

/** The first block that is large enough: in a bin above its own each is. 0 where there is none. */
function find(size: usize): usize {
  for (let bin = binOf(size); bin < BINS; bin++) {
    for (let at = load<usize>(binHead(bin)); at; at = block(at).next) {
      if (sizeOf(at) >= size) return at;
    }
  }
  return 0;
}

/** A free block of at least `size` bytes at the end of the heap, by growing the memory; 0 where that is refused. */
function extend(size: usize): usize {
  if (!end) end = (__heap_base + 15) & ~15;
  const tail = last && isFree(last) ? sizeOf(last) : 0;
  const limit = (<usize>memory.size() << PAGE_BITS) - SLACK;
  const free = limit > end ? limit - end : 0;
  const wanted = size - tail;
  if (wanted > free) {
    const short = wanted - free;
    if (short > LARGEST - limit) return 0;
    const step = max(short, max(GROWTH, limit >> 3));
    const pages = <i32>((min(step, LARGEST - limit) + 0xffff) >> PAGE_BITS);
    if (memory.grow(pages) < 0) {
      if (memory.grow(<i32>((short + 0xffff) >> PAGE_BITS)) < 0) return 0;
    }
  }
  // Releasing the new block merges it with a free one before it.
  block(end).size = ((<usize>memory.size() << PAGE_BITS) - SLACK - end) & ~15;
  block(end).before = last;
  last = end;
  end += block(last).size;
  release(last + HEADER);
  return last;
}

/** Cuts what `size` does not need off a used block and makes it a free one. */
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

/** `bytes` bytes aligned to 16, or 0 where the memory cannot grow that far. The contents are undefined. */
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
export function release(pointer: usize): void {
  let address = pointer - HEADER;
  assert(!isFree(address), 'released twice');
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
