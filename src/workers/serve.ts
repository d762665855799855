import { listen } from '#threads';
import type { Port } from '../runtime/thread.js';
import { Line, type Message } from './channel.js';
import type { Command, Job } from './job.js';
import { type BackwardRequest, type ForwardRequest, failureOf, type Setup } from './protocol.js';
import { RemoteTraining } from './remote-training.js';
import { Replica } from './replica.js';

/** What a worker does: the first message says which job it has, and all others belong to it. */
export async function serve(): Promise<void> {
  const early: unknown[] = [];
  let hear = (message: unknown): void => {
    early.push(message);
  };
  const port = await listen((message) => hear(message));
  hear = (first) => {
    const setup = first as Setup | Job;
    hear = setup.job === 'slices' ? slices(setup, port) : training(setup, port);
  };
  for (const message of early) hear(message);
}

/** A share of each step of a trainer with several threads. */
function slices(setup: Setup, port: Port): (message: unknown) => void {
  const line = new Line(1, setup.control);
  line.attach(port);
  answer(setup, line);
  return (message) => line.hear(message);
}

async function answer(setup: Setup, line: Line): Promise<void> {
  let replica: Replica | undefined;
  for (;;) {
    const request = await line.receive<ForwardRequest | BackwardRequest>();
    let reply: Message;
    try {
      replica ??= new Replica(setup);
      reply = replica.answer(request);
    } catch (error) {
      reply = { header: failureOf(error), arrays: [] };
    }
    line.send(reply);
  }
}

/** A whole training. */
function training(job: Job, port: Port): (message: unknown) => void {
  const remote = new RemoteTraining(job, port);
  return (message) => remote.hear(message as Command);
}
