import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * Fields and methods that only this package's own code reads, by which the build saves a page 600 bytes (gzip). None may be
 * a name of the public face, of the binary, of a browser's or the language's own, or one that a string holds.
 */
const INTERNAL = [
  ...['addLast', 'again', 'attempt', 'batched', 'block', 'blocks', 'build', 'check', 'checkBackward'],
  ...[
    'checkForward',
    'checkValues',
    'copyIn',
    'coreLayers',
    'dInput',
    'draw',
    'draws',
    'drop',
    'enter',
    'extras',
    'fits',
    'floats',
  ],
  ...[
    'forwardIn',
    'gather',
    'gatherStates',
    'gates',
    'gradient',
    'hasCell',
    'holdings',
    'initial',
    'inputBytes',
  ],
  ...['latest', 'leave', 'levels', 'named', 'needGradient', 'nextStream', 'nonlinearities', 'oneHot'],
  ...[
    'openStage',
    'order',
    'own',
    'owner',
    'parts',
    'plain',
    'plan',
    'planBackward',
    'planForward',
    'pointer',
  ],
  ...[
    'pointers',
    'prepareBackward',
    'ragged',
    'recording',
    'recurs',
    'refresh',
    'reserve',
    'reversed',
    'runs',
  ],
  ...['scatter', 'scatterStates', 'segments', 'sequence', 'spent', 'stride', 'take', 'takeZeros', 'tapes'],
  ...['turned', 'turningBytes', 'upToDate', 'used', 'wantInput', 'width'],
];

/** Those of the structs in src/layers/plan.ts that are also options, or go to other threads. */
const KEPT = ['bias', 'cellClip', 'clip', 'coupled', 'ids', 'mask', 'peepholes', 'reverse', 'rows'];

function fieldsOf(file) {
  const fields = readFileSync(file, 'utf8').matchAll(/^ {2}(\w{2,}) = 0;/gm);
  return [...fields].map(([, name]) => name).filter((name) => !KEPT.includes(name));
}

export const names = [...new Set([...INTERNAL, ...fieldsOf('src/layers/plan.ts')])];

/** What has esbuild shorten them, and to the same names in all that it builds: those that it chooses over all sources. */
export async function shortNames(options) {
  const mangleProps = new RegExp(`^(${names.join('|')})$`);
  const { mangleCache } = await build({ ...options, write: false, mangleProps, mangleCache: {} });
  return { mangleProps, mangleCache };
}
