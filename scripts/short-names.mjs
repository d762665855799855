import { build } from 'esbuild';

/**
 * Fields and methods that only this package's own code reads, by which the build saves a page 600 bytes (gzip). None may be
 * a name of the public face, of the binary, of a browser's or the language's own, or one that a string holds.
 */
export const names = [
  ...['again', 'attempt', 'batched', 'blocks', 'build', 'check', 'checkBackward', 'checkForward'],
  ...[
    'checkValues',
    'copyIn',
    'coreLayers',
    'dInput',
    'draw',
    'enterIds',
    'drawFor',
    'drop',
    'enter',
    'extras',
  ],
  ...['final', 'finalStates', 'fits', 'forwardIn', 'gradient', 'hasCell', 'holdings'],
  ...['initial', 'latest', 'leave', 'named', 'needGradient', 'nextStream', 'nonlinearities', 'oneHot'],
  ...['openStage', 'own', 'owner', 'parts', 'plain', 'pointer', 'pointers', 'prepareBackward'],
  ...['recording', 'recurs', 'refresh', 'reserve', 'sequence', 'spent', 'take', 'takeZeros', 'tapes'],
  ...['turned', 'turningBytes', 'upToDate', 'wantInput', 'width'],
];

/** What has esbuild shorten them, and to the same names in all that it builds: those that it chooses over all sources. */
export async function shortNames(options) {
  const mangleProps = new RegExp(`^(${names.join('|')})$`);
  const { mangleCache } = await build({ ...options, write: false, mangleProps, mangleCache: {} });
  return { mangleProps, mangleCache };
}
