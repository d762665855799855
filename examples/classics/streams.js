/**
 * The number of answers on each of several streams before the first wrong one. States are carried from window to window.
 *
 * @param {Sequential} model of a recurrent layer and a read-out
 * @param {() => { input: object }} next the next window of all streams
 * @param {object} size
 * @param {number} size.lanes how many streams
 * @param {number} size.window steps of each
 * @param {number} size.most a stream ends after this many right answers
 * @param {(outputs: Float32Array, window: object, n: number) => boolean | undefined} isRight of step `n` of all lanes' steps; undefined
 *   where no answer is expected
 */
export function rightInARow({ layers: [recurrent, readOut] }, next, { lanes, window, most }, isRight) {
  const counts = new Array(lanes).fill(0);
  const going = new Set(counts.keys());
  let states = {};
  while (going.size > 0) {
    const read = next();
    const { output, hN, cN } = recurrent.forward(read.input, states);
    states = { h0: hN, ...(cN && { c0: cN }) };
    const outputs = readOut.forward(output).output.data;
    for (const lane of going) {
      for (let n = lane * window; n < (lane + 1) * window && going.has(lane); n++) {
        const right = isRight(outputs, read, n);
        if (right) counts[lane]++;
        if (right === false || counts[lane] === most) going.delete(lane);
      }
    }
  }
  return counts;
}
