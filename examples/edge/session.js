import { DurableObject } from 'cloudflare:workers';

/** A session expires after a week without use. */
const KEPT = 7 * 24 * 60 * 60 * 1000;

/** The Durable Object class that keeps the states of one name. */
export function sessionOf(service) {
  return class Session extends DurableObject {
    fetch(request) {
      return service.inSession(request, this);
    }

    /** Runs `work` on the stored state and stores the one it returns, one call at a time. */
    async keep(kind, work) {
      const { answer, error } = await this.ctx.blockConcurrencyWhile(async () => {
        try {
          const answer = await work(await this.ctx.storage.get(kind));
          await this.ctx.storage.put(kind, answer.state);
          await this.ctx.storage.setAlarm(Date.now() + KEPT);
          return { answer };
        } catch (error) {
          // An exception here would terminate the object.
          return { error };
        }
      });
      if (error !== undefined) throw error;
      return answer;
    }

    async forget() {
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
    }

    alarm() {
      return this.ctx.storage.deleteAll();
    }
  };
}
