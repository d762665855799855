// The colours of every figure, on light and on dark paper. A figure that is drawn once follows the reader's colour scheme.

/** Distinguishable on both papers, also to colour-blind readers; the first two are the pair for a comparison. */
export const COLOURS = [
  '#0b62a4',
  '#c2410c',
  '#15803d',
  '#7c3aed',
  '#a16207',
  '#57606a',
  '#0e7490',
  '#be185d',
  '#7f1d1d',
];

export const MODEL_COLOURS = { LSTM: COLOURS[0], RNN: COLOURS[1], GRU: COLOURS[2] };

/** Of a baseline that is no model. */
export const BASELINE_COLOUR = COLOURS[5];

const DARK = [
  '#58a6ff',
  '#f0883e',
  '#3fb950',
  '#bc8cff',
  '#e3c04a',
  '#a8b3bf',
  '#39c5cf',
  '#ff7eb6',
  '#ff6b61',
];

export const INK = '#24292f';
export const PAPER = '#ffffff';

const ON_DARK = new Map([
  ...COLOURS.map((colour, n) => [colour, DARK[n]]),
  [INK, '#e6edf3'],
  [PAPER, '#0d1117'],
]);

/**
 * The rules that exchange the colours on dark paper, as the style of an SVG. They select attributes, so a viewer that does not know
 * `prefers-color-scheme` shows the light colours.
 */
export const STYLE = `<style>@media (prefers-color-scheme: dark) {${[...ON_DARK]
  .map(([light, dark]) =>
    ['color', 'fill', 'stroke'].map((name) => `[${name}="${light}"]{${name}:${dark}}`).join(''),
  )
  .join('\n')}}</style>`;
