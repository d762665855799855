// Generated from Source in assembly/kernels/random.ts: npm run build

import type { Field } from '../struct.js';

export const seedLow = 0 as Field<'u32'>;
export const seedHigh = 4 as Field<'u32'>;
export const streamLow = 8 as Field<'u32'>;
export const streamHigh = 12 as Field<'u32'>;

/** Bytes of the struct. */
export const SIZE = 16;
