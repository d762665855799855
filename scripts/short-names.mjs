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
  ...['forwardIn', 'gather', 'gates', 'gradient', 'hasCell', 'holdings', 'initial', 'inputBytes'],
  ...['latest', 'leave', 'levels', 'named', 'needGradient', 'nextStream', 'nonlinearities', 'oneHot'],
  ...['openStage', 'order', 'own', 'owner', 'parts', 'plain', 'plan', 'pointer'],
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
  ...['scatter', 'segments', 'sequence', 'spent', 'take', 'takeZeros', 'tapes'],
  ...['turned', 'turningBytes', 'upToDate', 'used', 'wantInput', 'width'],
];

export const names = [...new Set(INTERNAL)];

/** What has esbuild shorten them, and to the same names in all that it builds: those that it chooses over all sources. */
export async function shortNames(options) {
  const mangleProps = new RegExp(`^(${names.join('|')})$`);
  const { mangleCache } = await build({ ...options, write: false, mangleProps, mangleCache: {} });
  return { mangleProps, mangleCache };
}
