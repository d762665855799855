// Figures that carry their data: what took minutes to compute is drawn again in an instant, by redraw.js.

/** Significant digits of the numbers that are kept: more than any figure shows. */
const DIGITS = 5;
const METADATA = /<metadata>(.*)<\/metadata>/;

/**
 * A drawing function whose SVG holds the name of the figure and its data, as JSON in its metadata.
 *
 * @template Data
 * @param {string} name by which redraw.js finds `draw`
 * @param {(data: Data) => string} draw from data that JSON can hold to an SVG
 * @returns {(data: Data) => string} the same, from the data as they are kept: drawing them again gives the same file
 */
export function storedFigure(name, draw) {
  return (given) => {
    const text = JSON.stringify({ name, data: given }, kept);
    const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return draw(JSON.parse(text).data).replace(
      '</title>',
      (end) => `${end}\n<metadata>${escaped}</metadata>`,
    );
  };
}

/** @returns {{ name: string, data: unknown } | undefined} undefined where an SVG holds none */
export function storedData(svg) {
  const [, text] = METADATA.exec(svg) ?? [];
  return text && JSON.parse(text.replaceAll('&lt;', '<').replaceAll('&amp;', '&'));
}

function kept(_, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
}
