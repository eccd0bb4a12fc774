import { watchConnection } from "../clients/connection.js";
import type { RedisClient } from "../clients/link-of.js";

/**
 * The connection of a client that waits for one answer at a time. Of what was under way when it broke, some clients never tell: here
 * it has failed then.
 */
export class Line {
  #isAway = false;
  #onAway: () => void = () => {};
  #onBack: () => void = () => {};

  constructor(client: RedisClient) {
    const watcher = {
      onAway: () => {
        this.#isAway = true;
        this.#onAway();
      },
      onBack: () => {
        this.#isAway = false;
        this.#onBack();
      },
    };
    // Of a Redis Cluster: the client itself tells what became of a read where it has other nodes left.
    watchConnection(client, watcher, "all nodes");
  }

  /**
   * Once there is a connection: what is asked before, clients keep, one after the other.
   *
   * @throws Error (rejects) if the connection breaks, and whatever `question` rejects with
   */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    if (this.#isAway) await new Promise<void>((resolve) => (this.#onBack = resolve));
    return new Promise((resolve, reject) => {
      this.#onAway = () => reject(new Error("the connection to Redis broke"));
      question().then(resolve, reject);
    });
  }
}
