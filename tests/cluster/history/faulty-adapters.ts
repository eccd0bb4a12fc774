import { Adapter, type BroadcastOptions, type Room, type SocketId } from "socket.io-adapter";
import { RedisAdapter } from "socket.io-redis";

/*
 * Adapters with one fault each, of the kinds that the checker is there to find.
 */

type Packet = Parameters<Adapter["broadcast"]>[0];

/** Every so many messages the fault shows. */
const EVERY = 5;

/** Hears its own messages as if another server had said them. */
class WithoutDeduplication extends RedisAdapter {
  #count = 0;

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    super.broadcast(packet, opts);
    if (++this.#count % EVERY === 0) Adapter.prototype.broadcast.call(this, packet, opts);
  }
}

/** Lets sockets leave only when it has been busy for a while. */
class DeliversAfterLeave extends RedisAdapter {
  #leaving: (() => void)[] = [];

  override del(id: SocketId, room: Room): void {
    this.#leaving.push(() => void super.del(id, room));
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    super.broadcast(packet, opts);
    if (this.#leaving.length < EVERY) return;
    for (const leave of this.#leaving.splice(0)) leave();
  }
}

/** Sends one message after the next one. */
class SwapsMessages extends RedisAdapter {
  #count = 0;
  #held: (() => void) | undefined;

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    const held = this.#held;
    this.#held = undefined;
    // They are the caller's, who may use them again.
    const [copy, target] = [{ ...packet }, { ...opts }];
    if (held === undefined && ++this.#count % EVERY === 0) this.#held = () => super.broadcast(copy, target);
    else super.broadcast(packet, opts);
    held?.();
  }
}

/** Does not listen to broadcasts any more when Redis is back. */
class ForgetsToSubscribeAgain extends RedisAdapter {
  constructor(...args: ConstructorParameters<typeof RedisAdapter>) {
    super(...args);
    const { subClient } = this as { subClient: { punsubscribe(pattern: string): Promise<unknown> } };
    this.on("restored", () => void subClient.punsubscribe(`${this.channel}*`).catch(() => {}));
  }
}

/** Gives the answers of servers that are gone, as they were. */
class AnswersForTheDead extends RedisAdapter {
  readonly #known = new Map<SocketId, unknown>();

  override async fetchSockets(opts: BroadcastOptions): Promise<unknown[]> {
    const found = (await super.fetchSockets(opts)) as { id: SocketId }[];
    for (const socket of found) this.#known.set(socket.id, socket);
    return [...this.#known.values()];
  }
}

export const FAULTY_ADAPTERS = {
  "skips de-duplication": WithoutDeduplication,
  "delivers after a leave": DeliversAfterLeave,
  "swaps two messages": SwapsMessages,
  "forgets to subscribe again": ForgetsToSubscribeAgain,
  "answers from a dead node": AnswersForTheDead,
} as const;

export type FaultName = keyof typeof FAULTY_ADAPTERS;
