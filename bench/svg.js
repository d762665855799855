// Plain SVG, written as text: what both pictures are made of.

const escaped = (text) =>
  String(text).replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);

const attributes = (values) =>
  Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${typeof value === 'number' ? Number(value.toFixed(1)) : escaped(value)}"`,
    )
    .join('');

export const element = (name, values, content = '') => `<${name}${attributes(values)}>${content}</${name}>`;

export const text = (x, y, words, more = {}) => element('text', { x, y, ...more }, escaped(words));

export const line = (x1, y1, x2, y2, more = {}) =>
  element('line', { x1, y1, x2, y2, class: 'grid', ...more });

export const circle = (cx, cy, r, fill, title, more = {}) =>
  element('circle', { cx, cy, r, fill, ...more }, element('title', {}, escaped(title)));

const STYLE = `
  text { font: 12px system-ui, 'DejaVu Sans', sans-serif; fill: #1f2937; }
  .title { font-size: 15px; font-weight: 600; }
  .small { font-size: 11px; fill: #4b5563; }
  .grid { stroke: #d1d5db; stroke-width: 1; }
  .paper { fill: #ffffff; }
`;

export function picture(title, width, height, parts) {
  const paper = element('rect', { class: 'paper', x: 0, y: 0, width, height, rx: 6 });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`;
  return `${head}<title>${escaped(title)}</title><style>${STYLE}</style>\n${[paper, ...parts.flat(3)].join('\n')}\n</svg>\n`;
}

/** From values to places, by their logarithms. */
export function logScale([low, high], [start, end]) {
  const place = (value) => start + ((end - start) * Math.log(value / low)) / Math.log(high / low);
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const decades = Array.from({ length: last - first + 1 }, (_, n) => 10 ** (first + n));
  return { place, decades };
}
