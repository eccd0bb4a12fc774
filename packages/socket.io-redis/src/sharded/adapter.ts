import debugModule from "debug";
import { ClusterAdapter, type ClusterMessage, type ClusterResponse, type Room, type SocketId } from "socket.io-adapter";
import type { Expectation } from "socket.io-adapter/dist/cluster";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import type { Handler, Publisher, Subscriber } from "../clients/links.js";
import { persist, type Persistence } from "../clients/persist.js";
import { decodeMessage, encodeMessage } from "../cluster-message.js";
import { outboxOf, type Outbox, type OutboxOptions } from "../outbox.js";
import { CLUSTER_ID_PATTERN, Roster } from "../roster.js";
import { Guard } from "../signing/guard.js";
import type { Refusal, SigningOptions } from "../signing/options.js";
import { CHANNEL_OF, type SubscriptionMode } from "./subscription-mode.js";

const debug = debugModule("socket.io-redis");

export interface ShardedRedisAdapterOptions {
  /**
   * Beginning of the names of all channels.
   * @default "socket.io"
   */
  channelPrefix?: string;
  /**
   * Which rooms have a channel of their own, so that their broadcasts reach only the servers that have members. All servers
   * must use the same.
   *
   * - `static`: none; two channels a namespace and server, whatever the number of rooms
   * - `dynamic`: those that are not the own room of a socket
   * - `dynamic-private`: all
   *
   * @default "dynamic"
   */
  subscriptionMode?: SubscriptionMode;
  /** How much is kept while Redis is away; what does not fit is lost, and told by `publish_error`. */
  outbox?: OutboxOptions;
  /** Signs what servers and emitters say to each other; all of them have to, so none may be of another make. */
  signing?: SigningOptions;
}

/**
 * Connects servers by sharded pub/sub (Redis 7): in a Redis Cluster each channel lives on one node, so load is spread. Speaks with
 * `createShardedAdapter` of `@socket.io/redis-adapter` (protocols.md 6.4).
 *
 * Further events: `degraded`, `restored`, `publish_error` and `message_refused`, as of `RedisAdapter`.
 */
export class ShardedRedisAdapter extends ClusterAdapter {
  /** @internal */
  override readonly _closesWhenReplaced = true;
  /** How many messages of others were dropped, by the reason, with the option `signing`. */
  readonly messagesRefused: ReadonlyMap<Refusal, number>;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #outbox: Outbox;
  readonly #roster: Roster;
  readonly #mode: SubscriptionMode;
  readonly #channel: string;
  readonly #responseChannel: string;
  readonly #subscriptions: readonly Persistence[];
  /** Rooms with a channel of their own that this server listens to, and when it does. */
  readonly #rooms = new Map<Room, Promise<void>>();
  #isClosed = false;

  // eslint-disable-next-line typescript/no-explicit-any -- as Adapter has it
  constructor(nsp: any, pubClient: RedisClient, subClient: RedisClient, opts: ShardedRedisAdapterOptions = {}) {
    super(nsp);
    const guard = new Guard(opts.signing, this);
    this.messagesRefused = guard.refused;
    this.#publisher = linkOf(pubClient);
    this.#subscriber = guard.subscriberOver(linkOf(subClient));
    this.#outbox = outboxOf(
      this,
      [pubClient, subClient],
      (channel, payload) => this.#publisher.publishToShard(channel, guard.seal(channel, payload)),
      opts.outbox,
    );
    this.#mode = opts.subscriptionMode ?? "dynamic";
    this.#channel = `${opts.channelPrefix ?? "socket.io"}#${(this.nsp as { name: string }).name}#`;
    this.#responseChannel = `${this.#channel}${this.uid}#`;
    this.#roster = new Roster({
      uid: this.uid,
      channel: this.#channel,
      ownStart: this.#channel,
      idPattern: CLUSTER_ID_PATTERN,
      count: (channels) => this.#publisher.countShardSubscribers(channels),
      list: (pattern) => this.#publisher.shardChannels(pattern),
    });
    this.#subscriptions = [this.#channel, this.#responseChannel].map((channel) =>
      this.#listenTo(channel, () => !this.#isClosed),
    );
    if (this.#mode === "static") return;
    this.on("create-room", (room: Room) => this.#enter(room));
    this.on("delete-room", (room: Room) => this.#leave(room));
  }

  /**
   * Settles when this server listens.
   *
   * @throws (rejects) if Redis did not let it yet: it goes on trying
   */
  override async init(): Promise<void> {
    await Promise.all(this.#subscriptions.map(({ first }) => first));
  }

  /**
   * @returns in the dynamic modes, a promise for the time from which this server hears what others send to the rooms. It does not reject: while
   * Redis is away it takes as long
   */
  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    void super.addAll(id, rooms);
    const waiting = [...rooms].map((room) => this.#rooms.get(room)).filter((started) => started !== undefined);
    if (waiting.length > 0) return Promise.all(waiting).then(() => {});
  }

  override serverCount(): Promise<number> {
    return this.#publisher.countShardSubscribers([this.#channel]).then(([count]) => count!);
  }

  /** @internal */
  override _expectation(): Promise<Expectation> {
    return this.#roster.expectation();
  }

  override async close(): Promise<void> {
    void super.close();
    this.#isClosed = true;
    const isListening = !this.#outbox.isDegraded && this.#subscriptions.every(({ isDone }) => isDone);
    this.#outbox.close();
    for (const room of this.#rooms.keys()) this.#leave(room);
    const ended = Promise.allSettled([
      this.#subscriber.unsubscribeFromShard(this.#channel, this.#onPayload),
      this.#subscriber.unsubscribeFromShard(this.#responseChannel, this.#onPayload),
    ]);
    // Some clients answer once they have their connection again, if ever.
    if (isListening) await ended;
  }

  protected async doPublish(message: ClusterMessage): Promise<string> {
    const room = CHANNEL_OF[this.#mode](message);
    const channel = room === undefined ? this.#channel : `${this.#channel}${room}#`;
    await this.#outbox.publish(channel, encodeMessage(message));
    return "";
  }

  protected async doPublishResponse(requesterUid: string, response: ClusterResponse): Promise<void> {
    await this.#outbox.publish(`${this.#channel}${requesterUid}#`, encodeMessage(response));
  }

  #enter(room: Room): void {
    // The own room of a socket: its sender cannot tell it from other rooms but by its length (row Q-29).
    if (this.#mode === "dynamic" && this.sids.has(room)) return;
    const { done } = this.#listenTo(`${this.#channel}${room}#`, () => this.#rooms.get(room) === done);
    this.#rooms.set(room, done);
  }

  #leave(room: Room): void {
    if (!this.#rooms.delete(room)) return;
    this.#subscriber
      .unsubscribeFromShard(`${this.#channel}${room}#`, this.#onPayload)
      .catch((error: unknown) => debug("the end of a subscription to room %s failed: %s", room, error));
  }

  #listenTo(channel: string, isWanted: () => boolean): Persistence {
    return persist(() => this.#subscriber.subscribeToShard(channel, this.#onPayload), isWanted);
  }

  readonly #onPayload: Handler = (payload) => {
    const message = decodeMessage(payload);
    if (message !== undefined) this.onMessage(message);
  };
}
