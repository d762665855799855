// The program of a worker: it answers what the team asks, until it is ended.

import { listen } from '#threads';
import { Line, type Message } from '../runtime/line.js';
import type { BackwardRequest, ForwardRequest, Setup } from './protocol.js';
import { Replica } from './replica.js';

let line: Line | undefined;

const port = listen((message) => {
  if (line) line.hear(message);
  else begin(message as Setup);
});

async function begin(setup: Setup): Promise<void> {
  line = new Line(1, setup.control);
  line.attach(await port);
  let replica: Replica | undefined;
  for (;;) {
    const request = await line.receive<ForwardRequest | BackwardRequest>();
    let reply: Message;
    try {
      replica ??= new Replica(setup);
      reply = replica.answer(request);
    } catch (error) {
      const { name, message } = error as Error;
      reply = { header: { error: { name, message } }, arrays: [] };
    }
    line.send(reply);
  }
}
