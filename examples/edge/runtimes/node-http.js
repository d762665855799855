/** How long a client may go on sending what is not wanted, in milliseconds. */
const PATIENCE = 2000;

/** What `http.createServer` calls, around a handler that speaks Request and Response. */
export function listener(handle) {
  return async (incoming, outgoing) => {
    const request = requestOf(incoming);
    const response = request ? await handle(request) : new Response(null, { status: 400 });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    // A body that breaks off has begun already: all that is left to say is that it is not whole.
    await send(response.body, outgoing).catch(() => outgoing.destroy());
    if (!incoming.complete) discard(incoming);
  };
}

/** Nothing for an address that is none, or a method that a Request may not have, such as TRACE. */
function requestOf(incoming) {
  const { method, url, headers } = incoming;
  const body = method === 'GET' || method === 'HEAD' ? undefined : bodyOf(incoming);
  try {
    return new Request(`http://localhost${url}`, { method, headers, body, duplex: 'half' });
  } catch {
    return undefined;
  }
}

/** Read as it is asked for. Giving it up must not close the socket, which still has to carry the answer. */
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

/** Piece by piece, none ahead of the client; one that goes away cancels what is not written yet. */
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

/** A client reads its answer when it has sent all: closing at once would cost it the sentence that says why. */
function discard(incoming) {
  incoming.resume();
  const timer = setTimeout(() => incoming.destroy(), PATIENCE);
  incoming.once('close', () => clearTimeout(timer));
}
