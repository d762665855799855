// Generated from PackPart in assembly/cells/packs.ts: npm run build

export const FORWARD = 0;
export const BACK = 1;
export const INPUT_BACK = 2;
