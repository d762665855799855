import type { Runtime } from '../runtime/runtime.js';

/** The fields of assembly/plan.ts, in its order. */
const FIELDS = [
  'B',
  'I',
  'H',
  'nonlinearity',
  'inputPanels',
  'hiddenPanels',
  'bias',
  'x',
  'y',
  'c',
  'gates',
  'squashed',
  'product',
  'dy',
  'dh',
  'dc',
  'dx',
  'inputBackPanels',
  'hiddenBackPanels',
  'dInputWeight',
  'dHiddenWeight',
  'dInputBias',
  'dHiddenBias',
  'scratch',
] as const;

export type Plan = Partial<Record<(typeof FIELDS)[number], number>>;

export const PLAN_BYTES = FIELDS.length * 4;

/** Writes a plan where the core reads it; what is not given is 0. */
export function writePlan(runtime: Runtime, pointer: number, plan: Plan): void {
  const words = runtime.i32;
  for (const [n, field] of FIELDS.entries()) words[(pointer >>> 2) + n] = plan[field] ?? 0;
}
