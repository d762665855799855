/** Whole numbers from 0 to 2^32 − 1: sfc32 (Doty-Humphrey, PractRand). Sums and shifts, so the same in every engine. */
export function integers(seed, stream) {
  let [a, b, c, counter] = [seed | 0, stream | 0, 0, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let n = 0; n < 15; n++) next();
  return next;
}
