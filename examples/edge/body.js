import { Refusal } from './refusal.js';

/** The largest body that is read, in bytes: enough for the largest request as JSON. */
export const BODY_LIMIT = 262_144;

/** How long a body may take to arrive, in milliseconds. */
export const BODY_TIME = 30_000;

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
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  let timer;
  const late = new Promise((_, reject) => {
    const refuse = () => reject(new Refusal(408, `the body expected to arrive within ${BODY_TIME / 1000} s`));
    timer = setTimeout(refuse, BODY_TIME);
  });
  try {
    return await Promise.race([readAll(reader), late]);
  } catch (error) {
    // Not awaited: a client that keeps sending may never let it end.
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(reader) {
  const parts = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read().catch(() => {
      throw new Refusal(400, 'the body broke off before its end');
    });
    if (done) return joined(parts, size);
    size += value.length;
    if (size > BODY_LIMIT) throw tooLarge();
    parts.push(value);
  }
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
  if (value === undefined) return 'none';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(outline(value, 2));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Cuts what is longer or deeper than a message shows: JSON.stringify overflows the stack at some thousand levels. */
function outline(value, depth) {
  if (typeof value === 'string') return value.slice(0, 60);
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, 60).map((item) => outline(item, depth - 1));
  const fields = Object.entries(value).slice(0, 60);
  return Object.fromEntries(fields.map(([name, item]) => [name, outline(item, depth - 1)]));
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
