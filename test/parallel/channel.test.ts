import { describe, expect, it } from 'vitest';
import { allocateControl, Channel } from '../../src/parallel/channel.js';

/** Two ends in one thread: what one posts, the other receives later from the event loop. */
function pair() {
  const control = allocateControl();
  const ends = [new Channel(0, control), new Channel(1, control)] as const;
  const posted: unknown[][] = [[], []];
  for (const side of [0, 1]) {
    ends[side].attach({
      post(message) {
        posted[side].push(message);
        setImmediate(() => ends[1 - side].onPortMessage(message));
      },
    });
  }
  return { ends, posted };
}

const values = (count: number) => Float32Array.from({ length: count }, (_, n) => n / 3);

describe('a channel between threads', () => {
  it('carries headers, values and ids of any size, and grows where it has to', async () => {
    const { ends, posted } = pair();
    const sizes = [0, 1, 15, 16, 17, 5000, 3, 100_000, 7];
    for (const [n, size] of sizes.entries()) {
      const [from, to] = n % 2 === 0 ? ends : [ends[1], ends[0]];
      const ids = Int32Array.from({ length: n }, (_, at) => at - 2);
      const header = { kind: 'é€😀', size, deep: [{ a: null }] };
      from.send({ header, arrays: [values(size), ids, values(2)] });
      const received = await to.receive();
      expect(received.header).toEqual(header);
      expect(received.arrays).toEqual([values(size), ids, values(2)]);
    }
    expect(posted.flat().filter((message) => message instanceof SharedArrayBuffer).length).toBe(4);
  });

  it('wakes who sleeps, and only then', async () => {
    const { ends, posted } = pair();
    for (let n = 0; n < 3; n++) {
      const waiting = ends[1].receive();
      await new Promise((resolve) => setTimeout(resolve, 10));
      ends[0].send({ header: n, arrays: [] });
      expect((await waiting).header).toBe(n);
      ends[1].send({ header: n + 10, arrays: [] });
      expect((await ends[0].receive()).header).toBe(n + 10);
    }
    expect(posted[0].filter((message) => message === null).length).toBe(3);
  });

  it('fails those who wait, now or later', async () => {
    const { ends } = pair();
    const waiting = ends[0].receive();
    ends[0].fail(new Error('gone'));
    ends[0].fail(new Error('later'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(ends[0].receive()).rejects.toThrow('gone');
  });
});
