/* Offsets in the structs of assembly/stack/pass.ts and assembly/cells/plan.ts, in bytes. */
export const PASS = { runs: 4, directions: 8, SIZE: 136 } as const;
export const PLAN = { H: 8, R: 12, T: 44, B: 48, reverse: 80, y: 84, yStride: 88, c: 92, gates: 112, chunk: 136, squashed: 140, active: 64, order: 72, mask: 76, traceH: 216, traceC: 220, along: 224, stays: 228, SIZE: 476 } as const;
