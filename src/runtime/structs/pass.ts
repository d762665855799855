// Generated from Pass in assembly/stack/pass.ts: npm run build

import type { Field } from '../struct.js';

export const templates = 0 as Field<'u32'>;
export const planCount = 4 as Field<'i32'>;
export const directions = 8 as Field<'i32'>;
export const reverse = 12 as Field<'i32'>;
export const merge = 16 as Field<'i32'>;
export const lastOnly = 20 as Field<'i32'>;
export const zeroMasked = 24 as Field<'i32'>;
export const lengths = 28 as Field<'u32'>;
export const mask = 32 as Field<'u32'>;
export const h0 = 36 as Field<'u32'>;
export const c0 = 40 as Field<'u32'>;
export const x = 44 as Field<'u32'>;
export const ids = 48 as Field<'u32'>;
export const T = 52 as Field<'i32'>;
export const B = 56 as Field<'i32'>;
export const recorded = 60 as Field<'i32'>;
export const training = 64 as Field<'i32'>;
export const traced = 68 as Field<'i32'>;
export const active = 72 as Field<'u32'>;
export const sortedLengths = 76 as Field<'u32'>;
export const order = 80 as Field<'u32'>;
export const sortedMask = 84 as Field<'u32'>;
export const y = 88 as Field<'u32'>;
export const hN = 92 as Field<'u32'>;
export const cN = 96 as Field<'u32'>;
export const dy = 100 as Field<'u32'>;
export const dInput = 104 as Field<'u32'>;
export const dropout = 112 as Field<'f64'>;
export const seedLow = 120 as Field<'u32'>;
export const seedHigh = 124 as Field<'u32'>;
export const streamLow = 128 as Field<'u32'>;
export const streamHigh = 132 as Field<'u32'>;

/** Bytes of the struct. */
export const SIZE = 136;
