/** How long a client may keep sending a refused body, in milliseconds. */
const PATIENCE = 2000;

/** What `http.createServer` calls, around a handler that speaks Request and Response. */
export function listener(handle) {
  // A rejection that nobody handles would end the process.
  return (incoming, outgoing) => answer(handle, incoming, outgoing).catch(() => outgoing.destroy());
}

async function answer(handle, incoming, outgoing) {
  const request = requestOf(incoming);
  const response = request ? await handle(request) : malformed();
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // The response has already started: all that is left is to mark it as incomplete.
  await send(response.body, outgoing).catch(() => outgoing.destroy());
  if (!incoming.complete) discard(incoming);
}

/** Undefined for an invalid URL, or a method that Request forbids, such as TRACE. */
function requestOf(incoming) {
  const { method, url, headers } = incoming;
  const body = method === 'GET' || method === 'HEAD' ? undefined : bodyOf(incoming);
  try {
    return new Request(`http://localhost${url}`, { method, headers, body, duplex: 'half' });
  } catch {
    return undefined;
  }
}

function malformed() {
  return Response.json(
    { error: 'the request expected a valid URL and a method other than TRACE' },
    { status: 400 },
  );
}

/** Read on demand. Cancelling must not close the socket, which still has to carry the response. */
function bodyOf(incoming) {
  const parts = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Chunk by chunk with backpressure; a client that disconnects cancels the rest. */
async function send(body, outgoing) {
  const reader = body?.getReader();
  let resume = () => {};
  outgoing.on('drain', () => resume());
  outgoing.on('close', () => {
    reader?.cancel().catch(() => {});
    resume();
  });
  while (reader && !outgoing.destroyed) {
    const { value, done } = await reader.read();
    if (done) break;
    if (!outgoing.write(value) && !outgoing.destroyed) await new Promise((resolve) => (resume = resolve));
  }
  outgoing.end();
}

/** A client reads the response after sending everything: closing at once would lose the error message. */
function discard(incoming) {
  incoming.resume();
  const timer = setTimeout(() => incoming.destroy(), PATIENCE);
  incoming.once('close', () => clearTimeout(timer));
}
