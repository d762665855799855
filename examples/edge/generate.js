import { kindOf, readJson } from './body.js';
import { yieldToEventLoop } from './event-loop.js';
import { checkFields, numberOf, textOf } from './fields.js';
import { refusal as stateRefusal } from './state.js';
import { LARGEST_SEED } from './writer.js';

/** Characters per chunk: half a millisecond, before yielding to the event loop. */
const PIECE = 48;

export const GENERATE_LIMITS = { length: 4000, prompt: 1000 };

/** The default: all characters. */
const MOST_CLASSES = 1000;

const FIELDS = ['prompt', 'length', 'temperature', 'topK', 'topP', 'seed', 'state'];

/**
 * POST /generate: `{ prompt, length, temperature, topK, topP, seed, state }`, all of them optional. The answer is the text as it
 * is generated, or JSON lines or one JSON object if the client accepts these; only they contain the state.
 *
 * @param session - keeps the state, where the client does not
 */
export async function generate(request, writer, session) {
  kindOf(request, ['application/json']);
  const asked = askedOf(await readJson(request), writer);
  const accept = request.headers.get('accept') ?? '';
  if (session !== undefined) return inSession(asked, { writer, session, accept });
  const text = open(writer, asked, asked.state);
  const headers = { 'x-seed': String(text.seed), 'cache-control': 'no-store' };
  if (accept.includes('application/x-ndjson'))
    return streamed(lines(writer, text, asked), { ...headers, 'content-type': 'application/x-ndjson' });
  if (accept.includes('application/json')) {
    const written = await whole(writer, text, asked);
    return Response.json({ text: written, state: writer.pack(text), seed: text.seed }, { headers });
  }
  return streamed(pieces(writer, text, asked), { ...headers, 'content-type': 'text/plain; charset=utf-8' });
}

/** A session answers once everything is generated, so that its state is stored before its next request. */
async function inSession(asked, { writer, session, accept }) {
  if (asked.state !== undefined) throw stateRefusal('this session keeps its own');
  const { written, seed } = await session.keep('generate', async (state) => {
    const text = open(writer, asked, state);
    const written = await whole(writer, text, asked);
    return { written, seed: text.seed, state: writer.pack(text) };
  });
  const headers = { 'x-seed': String(seed), 'cache-control': 'no-store' };
  return accept.includes('application/json')
    ? Response.json({ text: written, seed }, { headers })
    : new Response(written, { headers });
}

function askedOf(body, writer) {
  checkFields(body, FIELDS);
  const most = GENERATE_LIMITS;
  const prompt = textOf('prompt', body.prompt, { longest: most.prompt });
  const { seed } = body;
  return {
    ids: prompt === undefined ? undefined : writer.encode(prompt),
    length: numberOf('length', body.length, { from: 1, to: most.length, whole: true, usual: 200 }),
    temperature: numberOf('temperature', body.temperature, { to: 10, usual: 0.7 }),
    topK: numberOf('topK', body.topK, { from: 1, to: MOST_CLASSES, whole: true, usual: MOST_CLASSES }),
    topP: numberOf('topP', body.topP, { above: 0, to: 1, usual: 1 }),
    seed: seed === undefined ? seed : numberOf('seed', seed, { to: LARGEST_SEED, whole: true }),
    state: body.state,
  };
}

/** A text begins with a line break, like a paragraph, where there is no prompt. */
function open(writer, { ids, seed }, state) {
  if (state !== undefined) return writer.resume(state, ids ?? [], seed);
  return writer.begin(ids ?? writer.encode('\n'), seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
}

async function* pieces(writer, text, asked) {
  for (let left = asked.length; left > 0; left -= PIECE) {
    yield writer.write(text, Math.min(PIECE, left), asked);
    if (left > PIECE) await yieldToEventLoop();
  }
}

async function* lines(writer, text, asked) {
  for await (const piece of pieces(writer, text, asked)) yield `${JSON.stringify({ text: piece })}\n`;
  yield `${JSON.stringify({ state: writer.pack(text), seed: text.seed })}\n`;
}

async function whole(writer, text, asked) {
  let written = '';
  for await (const piece of pieces(writer, text, asked)) written += piece;
  return written;
}

/** Generated only as fast as it is read; a reader that disconnects ends it. */
function streamed(texts, headers) {
  const encoder = new TextEncoder();
  const body = new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await texts.return();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers });
}
