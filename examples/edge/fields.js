import { show } from './body.js';
import { Refusal } from './refusal.js';

/** Refuses unknown fields in a body: a typo would otherwise go unnoticed. @throws Refusal */
export function checkFields(body, names) {
  const unknown = Object.keys(body).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Refusal(422, `the body expected the fields ${names.join(', ')}, got ${show(unknown)}`);
}

/** A number of a body, or its default. @throws Refusal */
export function numberOf(name, value, { from = 0, above, to, whole = false, usual }) {
  if (value === undefined && usual !== undefined) return usual;
  if (typeof value === 'number' && value <= to && (!whole || Number.isInteger(value))) {
    if (above === undefined ? value >= from : value > above) return value;
  }
  const range = above === undefined ? `from ${from} to ${to}` : `above ${above} and up to ${to}`;
  throw new Refusal(422, `${name} expected a ${whole ? 'whole ' : ''}number ${range}, got ${show(value)}`);
}

/** A text of a body, or its default. @throws Refusal */
export function textOf(name, value, { longest, usual }) {
  if (value === undefined) return usual;
  if (typeof value === 'string' && value.length > 0 && value.length <= longest) return value;
  const got = typeof value === 'string' ? `${value.length} characters` : show(value);
  throw new Refusal(422, `${name} expected a text of 1 to ${longest} characters, got ${got}`);
}
