import { kindOf, readBytes, readJson, show } from './body.js';
import { checkFields, numberOf } from './fields.js';
import { LARGEST } from './forecaster.js';
import { Refusal } from './refusal.js';
import { refusal as stateRefusal } from './state.js';

const JSON_KIND = 'application/json';
const FLOATS = 'application/octet-stream';

export const FORECAST_LIMITS = { rows: 64, horizon: 256, steps: 16_384 };

/**
 * POST /forecast: JSON `{ series, horizon, state }`, or values as little-endian floats with their shape in a header.
 *
 * @param session - keeps the state, where the client does not
 */
export async function forecast(request, forecaster, session) {
  const floats = kindOf(request, [JSON_KIND, FLOATS]) === FLOATS;
  const asked = floats ? await readFloats(request) : seriesOf(await readJson(request));
  if (session !== undefined && asked.state !== undefined) throw stateRefusal('this session keeps its own');
  const run = (state) => forecaster.forecast(asked, state);
  const answer = session ? await session.keep('forecast', run) : await run(asked.state);
  const wantsJson = (request.headers.get('accept') ?? '').includes(JSON_KIND);
  return floats && !wantsJson ? inFloats(answer, asked) : inJson(answer, asked, session === undefined);
}

function seriesOf(body) {
  checkFields(body, ['series', 'horizon', 'state']);
  const { series, state } = body;
  const single = !Array.isArray(series?.[0]);
  const rows = single ? [series] : series;
  for (const [n, row] of rows.entries()) checkRow(single ? 'series' : `series[${n}]`, row, rows[0]?.length);
  const size = sizeOf({ rows: rows.length, length: rows[0].length, horizon: body.horizon });
  return { ...size, single, state, data: checkValues(Float64Array.from(rows.flat())) };
}

function checkRow(name, row, length) {
  if (!Array.isArray(row)) throw new Refusal(422, `${name} expected an array of numbers, got ${show(row)}`);
  if (row.length !== length)
    throw new Refusal(422, `${name} expected ${length} values, as the first series has, got ${row.length}`);
  const bad = row.findIndex((value) => typeof value !== 'number');
  if (bad >= 0) throw new Refusal(422, `${name}[${bad}] expected a number, got ${show(row[bad])}`);
}

/** The sizes of a request, which say how long it takes. @throws Refusal */
function sizeOf({ rows, length, horizon }) {
  const most = FORECAST_LIMITS;
  const ahead = numberOf('horizon', horizon, { from: 1, to: most.horizon, whole: true, usual: 1 });
  if (rows < 1 || rows > most.rows)
    throw new Refusal(422, `series expected 1 to ${most.rows} at once, got ${rows}`);
  if (length < 1) throw new Refusal(422, 'series expected at least one value each, got none');
  if (rows * (length + ahead) > most.steps) {
    throw new Refusal(
      422,
      `series expected rows * (length + horizon) of at most ${most.steps}, got ${rows} * (${length} + ${ahead})`,
    );
  }
  return { rows, length, horizon: ahead };
}

function checkValues(data) {
  const bad = data.findIndex((value) => !(Math.abs(value) <= LARGEST));
  if (bad >= 0) throw new Refusal(422, `series expected numbers up to ${LARGEST}, got ${data[bad]}`);
  return data;
}

async function readFloats(request) {
  const shape = (request.headers.get('x-shape') ?? '').split(',').map(Number);
  if (shape.length !== 2 || !shape.every((size) => Number.isInteger(size) && size > 0))
    throw new Refusal(
      400,
      `x-shape expected rows,length, got ${show(request.headers.get('x-shape') ?? undefined)}`,
    );
  const horizon = request.headers.get('x-horizon');
  const [rows, length] = shape;
  const size = sizeOf({ rows, length, horizon: horizon === null ? undefined : Number(horizon) });
  const bytes = await readBytes(request);
  if (bytes.length !== rows * length * 4)
    throw new Refusal(
      400,
      `the body expected ${rows} * ${length} * 4 = ${rows * length * 4} bytes, got ${bytes.length}`,
    );
  return { ...size, single: false, data: checkValues(Float64Array.from(new Float32Array(bytes.buffer))) };
}

function inFloats({ forecast: values }, { rows, horizon }) {
  const headers = { 'content-type': FLOATS, 'x-shape': `${rows},${horizon}` };
  return new Response(Float32Array.from(values), { headers });
}

/** Seven digits, the precision of a float. */
function inJson({ forecast: values, state }, { rows, horizon, single }, withState) {
  const digits = Array.from(values, (value) => Number(value.toPrecision(7)));
  const lines = Array.from({ length: rows }, (_, row) => digits.slice(row * horizon, (row + 1) * horizon));
  return Response.json({ forecast: single ? lines[0] : lines, ...(withState && { state }) });
}
