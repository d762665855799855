/** The most values that an array may have: more do not fit into the core's memory. */
const LARGEST = 1_073_741_824;

/**
 * Checks the size of a result before anything is allocated; `formula` names the factors in the message.
 *
 * @throws RangeError for more than 2^30 values
 */
export function checkTotal(name: string, formula: string, factors: readonly number[], hint = ''): void {
  const total = factors.reduce((product, factor) => product * factor, 1);
  if (total > LARGEST)
    throw new RangeError(
      `${name} expected at most 2^30 values in the result, got ${formula} = ${factors.join(' * ')} = ${total}${hint}`,
    );
}
