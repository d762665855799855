import { Agent, request } from 'node:http';

/** Sends requests over a few connections that stay open, and records their latencies in milliseconds. */
export class Client {
  #agent;
  #base;
  #connections;

  constructor(base, connections) {
    this.#base = base;
    this.#connections = connections;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @returns the time of each request `from` to `to` */
  async run(from, to, requestOf) {
    const times = new Float64Array(to - from);
    let next = from;
    const work = async () => {
      for (let n = next++; n < to; n = next++) {
        const began = performance.now();
        await this.#send(requestOf(n));
        times[n - from] = performance.now() - began;
      }
    };
    await Promise.all(Array.from({ length: this.#connections }, work));
    return times;
  }

  async json(path, init) {
    return (await fetch(this.#base + path, init)).json();
  }

  close() {
    this.#agent.destroy();
  }

  #send({ path, headers, body, status, leaves }) {
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: this.#agent, headers: lengthened(headers, body) };
      const sent = request(this.#base + path, options, (answer) => {
        if (answer.statusCode !== status)
          reject(new Error(`${path} expected ${status}, got ${answer.statusCode}`));
        answer.on('end', resolve).on('error', leaves ? resolve : reject);
        if (leaves) answer.once('data', () => sent.destroy());
        else answer.resume();
      });
      sent.on('error', leaves ? resolve : reject);
      sent.end(body);
    });
  }
}

function lengthened(headers, body) {
  return { ...headers, 'content-length': Buffer.byteLength(body) };
}
