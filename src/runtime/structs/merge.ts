// Generated from Merge in assembly/stack/merge.ts: npm run build

export const CONCAT = 0;
export const SUM = 1;
export const MULTIPLY = 2;
export const AVERAGE = 3;
