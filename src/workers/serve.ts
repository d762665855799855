import { listen } from '#threads';
import { Channel, type Message } from '../parallel/channel.js';
import {
  type BackwardRequest,
  type ForwardRequest,
  failureOf,
  type ReplicaSetup,
} from '../parallel/protocol.js';
import { Replica } from '../parallel/replica.js';
import { READY } from '../parallel/start.js';
import type { OnMessage, Port } from '../runtime/thread.js';
import type { Command, TrainingJob } from './job.js';
import { JobRunner } from './job-runner.js';

/** The main function of a worker: the first message is the job, all others belong to that job. */
export async function serve(): Promise<void> {
  const early: unknown[] = [];
  let onMessage: OnMessage = (message) => {
    early.push(message);
  };
  const port = await listen((message) => onMessage(message));
  onMessage = (first) => {
    const job = first as ReplicaSetup | TrainingJob;
    onMessage = job.job === 'replica' ? serveReplica(job, port) : serveTraining(job, port);
    port.post(READY);
  };
  for (const message of early) onMessage(message);
}

/** Computes a slice of each batch for a worker pool. */
function serveReplica(setup: ReplicaSetup, port: Port): OnMessage {
  const channel = new Channel(1, setup.control);
  channel.attach(port);
  answerRequests(setup, channel);
  return (message) => channel.onPortMessage(message);
}

async function answerRequests(setup: ReplicaSetup, channel: Channel): Promise<void> {
  let replica: Replica | undefined;
  for (;;) {
    const request = await channel.receive<ForwardRequest | BackwardRequest>();
    let reply: Message;
    try {
      replica ??= new Replica(setup);
      reply = replica.handle(request);
    } catch (error) {
      reply = { header: failureOf(error), arrays: [] };
    }
    channel.send(reply);
  }
}

/** Runs a whole training. */
function serveTraining(job: TrainingJob, port: Port): OnMessage {
  const runner = new JobRunner(job, port);
  return (message) => runner.handle(message as Command);
}
