// Texts of a figure whose widths are estimated: nothing here can measure a font.

/** Widths as parts of the font's size, on the safe side for the usual sans-serif fonts. */
const [PLAIN, BOLD] = [0.56, 0.6];

export function widthOf(text, { size = 12, bold = false } = {}) {
  return text.length * size * (bold ? BOLD : PLAIN);
}

/**
 * A text broken into lines that fit.
 *
 * @param {number} width in pixels
 * @param {{ size?: number, bold?: boolean }} font
 * @returns {{ height: number, content: string }[]} SVG from the top left corner of each line
 */
export function textLines(text, width, font = {}) {
  const lines = [];
  for (const word of text.split(' ')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && widthOf(longer, font) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const { size = 12, bold } = font;
  return lines.map((line) => ({
    height: Math.round(size * 1.4),
    content: svgText(line, 0, size, `font-size="${size}"${bold ? ' font-weight="bold"' : ''}`),
  }));
}

export function svgText(content, x, y, attributes = '') {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" ${attributes}>${escaped}</text>`;
}
