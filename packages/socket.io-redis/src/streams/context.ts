import debugModule from "debug";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import type { DuplicatedClient, Handler, Payload, Publisher, Store, Subscriber } from "../clients/links.js";
import { persist, type Persistence } from "../clients/persist.js";
import type { OutboxOptions } from "../outbox.js";
import type { SigningOptions } from "../signing/options.js";
import { StreamReader } from "./reader.js";
import { streamOf } from "./stream-of.js";

const debug = debugModule("socket.io-redis");

export interface RedisStreamsAdapterOptions {
  /**
   * Name of the stream.
   * @default "socket.io"
   */
  streamName?: string;
  /**
   * Over how many streams the namespaces are spread, each on a node of its own in a Redis Cluster.
   * @default 1
   */
  streamCount?: number;
  /**
   * Beginning of the names of the channels for questions and answers.
   * @default "socket.io"
   */
  channelPrefix?: string;
  /**
   * Whether these channels are those of sharded pub/sub (Redis 7).
   * @default false
   */
  useShardedPubSub?: boolean;
  /**
   * How many entries a stream keeps, about. A client that has missed more cannot recover.
   * @default 10000
   */
  maxLen?: number;
  /**
   * Entries per read.
   * @default 100
   */
  readCount?: number;
  /**
   * How long a read waits for an entry, in ms.
   * @default 5000
   */
  blockTimeInMs?: number;
  /**
   * Beginning of the keys of sessions.
   * @default "sio:session:"
   */
  sessionKeyPrefix?: string;
  /**
   * Whether the application never emits bytes: nothing is looked for then.
   * @default false
   */
  onlyPlaintext?: boolean;
  /**
   * How often it is looked whether `socket.data` has changed, in ms.
   * @default 5000
   */
  heartbeatInterval?: number;
  /** How much is kept while Redis is away; what does not fit is lost to other servers, and told by `publish_error`. */
  outbox?: OutboxOptions;
  /** Signs what servers and emitters say to each other; all of them have to, so none may be of another make. */
  signing?: SigningOptions;
}

type Optional = "signing" | "outbox";

/** What the adapters of one server have in common: connections and readers. */
export class StreamsContext {
  readonly options: Required<Omit<RedisStreamsAdapterOptions, Optional>> & Pick<RedisStreamsAdapterOptions, Optional>;
  readonly store: Store;
  readonly #publisher: Publisher;
  readonly #readers = new Map<string, StreamReader>();
  #subscriber: Listening | undefined;
  /** Those that are to be listened to. */
  readonly #channels = new Set<string>();

  constructor(
    readonly client: RedisClient,
    options: RedisStreamsAdapterOptions,
  ) {
    const link = linkOf(client);
    this.store = link;
    this.#publisher = link;
    this.options = {
      streamName: "socket.io",
      streamCount: 1,
      channelPrefix: "socket.io",
      useShardedPubSub: false,
      maxLen: 10_000,
      readCount: 100,
      blockTimeInMs: 5000,
      sessionKeyPrefix: "sio:session:",
      onlyPlaintext: false,
      heartbeatInterval: 5000,
      ...options,
    };
  }

  /** The stream of a namespace. */
  keyOf(namespace: string): string {
    return streamOf(namespace, this.options);
  }

  readerOf(key: string): StreamReader {
    let reader = this.#readers.get(key);
    if (reader === undefined) {
      reader = new StreamReader(this.store, key, this.options);
      this.#readers.set(key, reader);
    }
    return reader;
  }

  publish(channel: string, payload: Payload): Promise<unknown> {
    const { useShardedPubSub } = this.options;
    return useShardedPubSub
      ? this.#publisher.publishToShard(channel, payload)
      : this.#publisher.publish(channel, payload);
  }

  countSubscribers(channels: readonly string[]): Promise<number[]> {
    const { useShardedPubSub } = this.options;
    return useShardedPubSub
      ? this.#publisher.countShardSubscribers(channels)
      : this.#publisher.countSubscribers(channels);
  }

  channels(pattern: string): Promise<Set<string>> {
    const { useShardedPubSub } = this.options;
    return useShardedPubSub ? this.#publisher.shardChannels(pattern) : this.#publisher.channels(pattern);
  }

  /** The client that listens. */
  get listener(): object | undefined {
    return this.#subscriber?.client;
  }

  subscribe(channel: string, handler: Handler): Persistence {
    this.#channels.add(channel);
    const attempt = async (): Promise<void> => {
      const { link } = await this.#connect();
      if (this.options.useShardedPubSub) await link.subscribeToShard(channel, handler);
      else await link.subscribe(channel, handler);
    };
    return persist(attempt, () => this.#channels.has(channel));
  }

  /** With the last of them, the connection ends. */
  async unsubscribe(channels: readonly string[], handler: Handler): Promise<void> {
    for (const channel of channels) this.#channels.delete(channel);
    const subscriber = this.#subscriber;
    if (subscriber === undefined) return;
    if (this.#channels.size === 0) {
      this.#subscriber = undefined;
      return subscriber.end();
    }
    const { link, ended } = subscriber;
    for (const channel of channels) {
      const unsubscribed = this.options.useShardedPubSub
        ? link.unsubscribeFromShard(channel, handler)
        : link.unsubscribe(channel, handler);
      // Another namespace may end the connection meanwhile, and some clients answer nothing then.
      await Promise.race([unsubscribed, ended]).catch((error: unknown) =>
        debug("the end of a subscription failed: %s", error),
      );
    }
  }

  async #connect(): Promise<Listening> {
    const subscriber = (this.#subscriber ??= new Listening(this.store.duplicate()));
    try {
      await subscriber.ready;
    } catch (error) {
      // The next attempt makes another.
      if (this.#subscriber === subscriber) this.#subscriber = undefined;
      throw error;
    }
    return subscriber;
  }
}

/** A connection that listens, for all the namespaces of a server. */
class Listening {
  readonly client: object;
  readonly link: Subscriber;
  readonly ready: Promise<unknown>;
  /** Resolves when the connection has been ended. */
  readonly ended: Promise<void>;
  readonly #copy: DuplicatedClient;
  #onEnd = (): void => {};

  constructor(copy: DuplicatedClient) {
    this.#copy = copy;
    this.client = copy.client;
    this.link = linkOf(copy.client);
    this.ready = copy.ready;
    this.ended = new Promise((resolve) => (this.#onEnd = resolve));
  }

  end(): void {
    this.#copy.end();
    this.#onEnd();
  }
}
