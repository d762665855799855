import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, without declarations
import { compileStructs, readStructs } from '../../scripts/structs.mjs';
import type { Field } from '../../src/runtime/struct.js';
import { readInt, writeFields } from '../../src/runtime/struct.js';
import * as ActivationKind from '../../src/runtime/structs/activation-kind.js';
import * as CellKind from '../../src/runtime/structs/cell-kind.js';
import * as Pass from '../../src/runtime/structs/pass.js';
import * as Plan from '../../src/runtime/structs/plan.js';
import * as Source from '../../src/runtime/structs/source.js';
import { variants } from '../helpers/variants.js';

describe('generated structs', () => {
  it('are those of the AssemblyScript classes', async () => {
    expect(readStructs()).toEqual(await compileStructs(['--target', 'debug', '--noEmit']));
  });

  it.each(Object.entries({ Plan, Pass, Source }))('%s has its fields side by side', (_, struct) => {
    const { SIZE, ...fields } = struct as Record<string, number>;
    const offsets = Object.values(fields).sort((a, b) => a - b);
    expect(offsets[0]).toBe(0);
    for (const [n, offset] of offsets.entries()) {
      const next = offsets[n + 1] ?? (SIZE as number);
      expect([4, 8]).toContain(next - offset);
    }
  });
});

describe.each(variants)('what the host writes by name, the core reads [$name]', ({ create }) => {
  const runtime = create();
  const read = (struct: number, field: Field<'i32'> | Field<'u32'>) => readInt(runtime.i32, struct, field);

  it('a pass and its plan', () => {
    const pattern = runtime.allocate(Plan.SIZE);
    const pass = runtime.allocate(Pass.SIZE + Plan.SIZE);
    const bytes = Pass.SIZE + Plan.SIZE;
    runtime.i32.fill(0, pattern >>> 2, (pattern + Plan.SIZE) >>> 2);
    runtime.i32.fill(0, pass >>> 2, (pass + bytes) >>> 2);
    const sizes: [Field<'i32'>, number][] = [
      [Plan.cell, CellKind.LSTM],
      [Plan.I, 3],
      [Plan.H, 5],
      [Plan.R, 5],
      [Plan.planes, 4],
      [Plan.gateCount, 4],
    ];
    writeFields(runtime.i32, pattern, sizes);
    writeFields(runtime.i32, pattern, [[Plan.outputActivation, ActivationKind.SOFTSIGN]]);
    writeFields(runtime.f32, pattern, [[Plan.outputBeta, 0.25]]);
    writeFields(runtime.i32, pass, [
      [Pass.templates, pattern],
      [Pass.planCount, 1],
      [Pass.directions, 1],
      [Pass.x, 4096],
      [Pass.T, 7],
      [Pass.B, 2],
      [Pass.recorded, 1],
    ]);
    const base = 1 << 16;
    runtime.core.beginPass(pass, 0);
    const end = base + runtime.core.layOutForward(pass, base);
    const plan = pass + Pass.SIZE;
    for (const [field, size] of sizes) expect(read(plan, field)).toBe(size);
    expect(read(plan, Plan.outputActivation)).toBe(ActivationKind.SOFTSIGN);
    expect(runtime.f32[(plan + Plan.outputBeta) >>> 2]).toBe(0.25);
    expect([Plan.x, Plan.T, Plan.B, Plan.recorded].map((field) => read(plan, field))).toEqual([
      4096, 7, 2, 1,
    ]);
    expect(read(pass, Pass.hN)).toBe(base);
    expect(read(pass, Pass.cN)).toBeGreaterThan(base);
    for (const field of [Plan.y, Plan.c, Plan.gates, Plan.squashed, Plan.product, Plan.dh, Plan.dc]) {
      expect(read(plan, field)).toBeGreaterThan(base);
      expect(read(plan, field)).toBeLessThan(end);
    }
    expect(read(pass, Pass.y)).toBe(read(plan, Plan.y) + 2 * 5 * 4);
    expect(read(plan, Plan.c) - read(plan, Plan.y)).toBe(Math.ceil((8 * 2 * 5) / 16) * 64);
  });

  it('a source of random numbers', () => {
    const first = runtime.core.uniformAt(runtime.source(2 ** 40 + 3, 9, 1), 0);
    const { i32 } = runtime;
    const source = runtime.source(0, 0);
    writeFields(i32, source, [
      [Source.seedLow, 3],
      [Source.seedHigh, 2 ** 8],
      [Source.streamLow, 1],
      [Source.streamHigh, 9],
    ]);
    expect(runtime.core.uniformAt(source, 0)).toBe(first);
    expect(runtime.core.uniformAt(runtime.source(3, 9, 1), 0)).not.toBe(first);
  });
});
