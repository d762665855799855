import { createRuntime } from 'lstm-wasm';
import { BODY_LIMIT } from './body.js';
import { FORECAST_LIMITS, forecast } from './forecast.js';
import { Forecaster } from './forecaster.js';
import { GENERATE_LIMITS, generate } from './generate.js';
import { answerOf, Refusal } from './refusal.js';
import { Writer } from './writer.js';

/** Any origin may call: there are no cookies, and a session's name is its only secret. */
const ORIGIN = 'access-control-allow-origin';
const CORS = {
  [ORIGIN]: '*',
  'access-control-expose-headers': 'x-seed, x-shape',
};
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'content-type, x-shape, x-horizon',
  'access-control-max-age': '86400',
};

/**
 * Two models behind one `fetch`, the same in every runtime. Created once at start: loading them takes a few
 * milliseconds.
 *
 * @param models - `forecaster` and `writer`: the bytes of the files in models/
 */
export function createService(models) {
  const runtime = createRuntime();
  const forecaster = new Forecaster(models.forecaster, runtime);
  const writer = new Writer(models.writer, runtime);
  const about = (sessions) => describe({ writer, runtime, sessions });
  const posts = {
    forecast: (request, session) => forecast(request, forecaster, session),
    generate: (request, session) => generate(request, writer, session),
  };
  return {
    /** @param sessions - where a name leads to what keeps its states, if there is such a place */
    fetch: (request, sessions) => answered(request, () => route(request, { about, posts, sessions })),
    /** What `sessions` hands on to: `keep(kind, work)` runs one piece of work after the other. */
    inSession: (request, session) => answered(request, () => routeSession(request, { posts, session })),
  };
}

async function answered(request, work) {
  const response = await Promise.resolve().then(work).catch(answerOf);
  // A session has already set them, and its response is immutable.
  if (!response.headers.has(ORIGIN))
    for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
  return request.method === 'HEAD' ? new Response(null, response) : response;
}

function route(request, { about, posts, sessions }) {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT });
  const pathname = pathOf(request);
  const [, name, kind] = /^\/sessions\/([\w-]{1,64})(?:\/(\w+))?$/.exec(pathname) ?? [];
  if (name !== undefined && (kind === undefined || Object.hasOwn(posts, kind))) {
    allow(request, kind === undefined ? ['DELETE'] : ['POST']);
    if (sessions === undefined)
      throw new Refusal(404, 'sessions are not kept here: send the state of the last answer instead');
    return sessions(name).fetch(request);
  }
  if (pathname === '/') {
    allow(request, ['GET', 'HEAD']);
    return Response.json(about(sessions));
  }
  const post = Object.hasOwn(posts, pathname.slice(1)) ? posts[pathname.slice(1)] : undefined;
  if (post === undefined) throw new Refusal(404, 'there is nothing here: GET / says what there is');
  allow(request, ['POST']);
  return post(request);
}

async function routeSession(request, { posts, session }) {
  const kind = pathOf(request).split('/')[3];
  if (kind !== undefined) return posts[kind](request, session);
  await session.forget();
  return new Response(null, { status: 204 });
}

/** Deno passes on URLs that do not parse. @throws Refusal */
function pathOf({ url }) {
  try {
    return new URL(url).pathname;
  } catch {
    throw new Refusal(400, 'the request expected a valid URL');
  }
}

function allow(request, methods) {
  if (methods.includes(request.method)) return;
  throw new Refusal(405, `this expected ${methods.join(' or ')}, got ${request.method}`, {
    allow: [...methods, 'OPTIONS'].join(', '),
  });
}

function describe({ writer, runtime, sessions }) {
  return {
    'POST /forecast': 'JSON { series, horizon, state }, or little-endian floats with x-shape and x-horizon',
    'POST /generate': 'JSON { prompt, length, temperature, topK, topP, seed, state }, streamed as text',
    ...(sessions && {
      'POST /sessions/<name>/forecast': 'the same, the state kept here',
      'POST /sessions/<name>/generate': 'the same, the state kept here',
      'DELETE /sessions/<name>': 'forgets it',
    }),
    limits: { body: BODY_LIMIT, forecast: FORECAST_LIMITS, generate: GENERATE_LIMITS },
    characters: writer.characters,
    core: { variant: runtime.variant, memoryBytes: runtime.memoryBytes },
  };
}
