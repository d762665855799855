/** An error of the caller: a 4xx status and one sentence. */
export class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The response to an error. An error that is no Refusal is the server's fault and goes to its log only. */
export function answerOf(error) {
  if (error instanceof Refusal)
    return Response.json({ error: error.message }, { status: error.status, headers: error.headers });
  console.error(error);
  return Response.json({ error: 'something went wrong here; it is not your request' }, { status: 500 });
}
