/** What the caller has to put right: a status of 4xx, and one sentence. */
export class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The answer to what went wrong. Only what is nobody's refusal is the server's fault, and is told to its log alone. */
export function answerOf(error) {
  if (error instanceof Refusal)
    return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
  console.error(error);
  return Response.json({ error: 'something went wrong here; it is not your request' }, { status: 500 });
}
