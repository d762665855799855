import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/* The host writes structs of the core by places that it holds as numbers: those of assembly/cells/plan.ts and assembly/stack/pass.ts. */

const read = (name: string) => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

/** Where the fields of a class lie, and its size under the name `end`, in bytes; each aligned to its own size. */
function layout(file: string, name: string): Record<string, number> {
  const [body = ''] = new RegExp(`class ${name} \\{[\\s\\S]*?\\n\\}`).exec(read(file)) ?? [];
  const fields = [...body.matchAll(/^ {2}(\w+): (\w+);/gm)];
  let at = 0;
  const places: Record<string, number> = {};
  for (const [, field = '', type] of fields) {
    const size = type === 'f64' ? 8 : 4;
    at = Math.ceil(at / size) * size;
    places[field] = at;
    at += size;
  }
  places.end = at;
  return places;
}

function constant(file: string, pattern: RegExp): number {
  return Number(pattern.exec(read(file))?.[1]);
}

const plan = layout('assembly/cells/plan.ts', 'Plan');
const pass = layout('assembly/stack/pass.ts', 'Pass');
const LEVEL = 'src/layers/level.ts';
const STACK = 'src/layers/stack.ts';

describe('places in the structs of the core', () => {
  it.each([
    ['a plan', constant(LEVEL, /PLAN_BYTES = (\d+)/), plan.end],
    ['its options', 4 * constant(LEVEL, /OPTIONS = (\d+)/), plan.clip],
    ['its parameters', 4 * constant(LEVEL, /PARAMETERS = (\d+)/), plan.inputWeight],
    ['its gradients', 4 * constant(LEVEL, /GRADIENTS = (\d+)/), plan.dInputWeight],
    ['its h', 4 * constant(STACK, /STATES = \{ h: (\d+)/), plan.y],
    ['its c', 4 * constant(STACK, /STATES = \{ h: \d+, c: (\d+)/), plan.c],
    ['a pass', constant(STACK, /PASS_BYTES = (\d+)/), pass.end],
    ['its input', 4 * constant(STACK, /INPUT = (\d+)/), pass.x],
    ['its output', 4 * constant(STACK, /OUTPUT = (\d+)/), pass.y],
  ])('%s', (_, host, core) => {
    expect(core).toBeGreaterThan(0);
    expect(host).toBe(core);
  });
});
