import { describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/index.js';
import { type Field, readInt, writeFields } from '../../src/runtime/struct.js';
import * as ActivationKind from '../../src/runtime/structs/activation-kind.js';
import * as CellKind from '../../src/runtime/structs/cell-kind.js';
import * as Pass from '../../src/runtime/structs/pass.js';
import * as Plan from '../../src/runtime/structs/plan.js';
import { variants } from '../helpers/variants.js';

type Ints = [Field<'i32'> | Field<'u32'>, number][];
type Floats = [Field<'f32'>, number][];

const LSTM: Ints = [
  [Plan.cell, CellKind.LSTM],
  [Plan.gateActivation, ActivationKind.SIGMOID],
  [Plan.candidateActivation, ActivationKind.TANH],
  [Plan.outputActivation, ActivationKind.TANH],
];

/** Whether a plan with these fields, in a pass with these, is computed by the general kernel. */
function isGeneral(runtime: Runtime, ints: Ints, floats: Floats = [], passFields: Ints = []): boolean {
  const pattern = runtime.allocate(Plan.SIZE + Pass.SIZE + Plan.SIZE);
  const pass = pattern + Plan.SIZE;
  runtime.i32.fill(0, pattern >>> 2, (pass + Pass.SIZE + Plan.SIZE) >>> 2);
  writeFields(runtime.i32, pattern, [...LSTM, ...ints]);
  writeFields(runtime.f32, pattern, floats);
  writeFields(runtime.i32, pass, [[Pass.templates, pattern], [Pass.planCount, 1], ...passFields]);
  runtime.core.beginPass(pass, 0);
  const general = readInt(runtime.i32, pass + Pass.SIZE, Plan.general);
  runtime.free(pattern);
  return general === 1;
}

describe.each(variants)('the kernel of a level [$name]', ({ create }) => {
  const runtime = create();

  it('is the plain one for an LSTM without options', () => {
    expect(isGeneral(runtime, [])).toBe(false);
    expect(isGeneral(runtime, [], [], [[Pass.training, 1]])).toBe(false);
    expect(isGeneral(runtime, [], [[Plan.recurrentDropout, 0.5]])).toBe(false);
    expect(isGeneral(runtime, [], [[Plan.inputDropout, 0.5]], [[Pass.training, 1]])).toBe(false);
  });

  it.each<[string, Ints, Floats?, Ints?]>([
    ['a GRU', [[Plan.cell, CellKind.GRU]]],
    ['an RNN', [[Plan.cell, CellKind.RNN]]],
    ['coupled gates', [[Plan.coupled, 1]]],
    ['a projection', [[Plan.projectionWeight, 64]]],
    ['peepholes', [[Plan.peepholes, 64]]],
    ['layer norm of the gates', [[Plan.gateGain, 64]]],
    ['layer norm of the sums', [[Plan.inputGain, 64]]],
    ['another gate activation', [[Plan.gateActivation, ActivationKind.HARD_SIGMOID]]],
    ['another candidate activation', [[Plan.candidateActivation, ActivationKind.RELU]]],
    ['another output activation', [[Plan.outputActivation, ActivationKind.AFFINE]]],
    ['clip', [], [[Plan.clip, 3]]],
    ['cellClip', [], [[Plan.cellClip, 3]]],
    ['zoneout of h', [], [[Plan.zoneoutH, 0.1]]],
    ['zoneout of c', [], [[Plan.zoneoutC, 0.1]]],
    ['recurrent dropout in training', [], [[Plan.recurrentDropout, 0.5]], [[Pass.training, 1]]],
    ['a mask', [], [], [[Pass.mask, 64]]],
    ['a trace', [], [], [[Pass.traced, 1]]],
  ])('is the general one for %s', (_, ints, floats, passFields) => {
    expect(isGeneral(runtime, ints, floats, passFields)).toBe(true);
  });
});
