// Generated from CellKind in assembly/cells/plan.ts: npm run build

export const LSTM = 0;
export const GRU = 1;
export const RNN = 2;
