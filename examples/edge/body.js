import { Refusal } from './refusal.js';

/** The largest body that is read, in bytes: enough for the largest request as JSON. */
export const BODY_LIMIT = 262_144;

/** The kind of a body, one of `kinds`. @throws Refusal */
export function kindOf(request, kinds) {
  const given = request.headers.get('content-type') ?? 'none';
  const kind = given.split(';')[0].trim().toLowerCase();
  if (!kinds.includes(kind))
    throw new Refusal(415, `content-type expected ${kinds.join(' or ')}, got ${show(given)}`);
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    throw new Refusal(415, `content-encoding expected none, got ${show(encoding)}`);
  return kind;
}

/** The bytes of a body, counted while they arrive: the header may be wrong or missing. @throws Refusal */
export async function readBytes(request) {
  if (Number(request.headers.get('content-length')) > BODY_LIMIT) throw tooLarge();
  const parts = [];
  let size = 0;
  for (const reader = request.body?.getReader(); reader; ) {
    const { done, value } = await reader.read().catch(() => {
      throw new Refusal(400, 'the body broke off before its end');
    });
    if (done) break;
    size += value.length;
    if (size > BODY_LIMIT) {
      // Not awaited: a client that keeps sending may never let it end.
      reader.cancel().catch(() => {});
      throw tooLarge();
    }
    parts.push(value);
  }
  return joined(parts, size);
}

/** A body of JSON: an object. @throws Refusal */
export async function readJson(request) {
  const bytes = await readBytes(request);
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, `the body expected JSON in UTF-8, got ${bytes.length} bytes that are not`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Refusal(400, `the body expected a JSON object, got ${show(value)}`);
  return value;
}

/** A value, shortened for a message. */
export function show(value) {
  const text = value === undefined ? 'none' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function tooLarge() {
  return new Refusal(413, `the body expected at most ${BODY_LIMIT} bytes, got more`);
}

function joined(parts, size) {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
