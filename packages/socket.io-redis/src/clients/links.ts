/** Text, or bytes as they are. */
export type Payload = string | Uint8Array;

/** Called with what was published. */
export type Handler = (payload: Buffer, channel: string) => void;

/** What adapters ask of a Redis client that publishes, whichever library it is of. All of it rejects as the client does. */
export interface Publisher {
  publish(channel: string, payload: Payload): Promise<unknown>;
  /** Sharded pub/sub: Redis 7. */
  publishToShard(channel: string, payload: Payload): Promise<unknown>;
  /** How many clients listen to each of the channels: in a Redis Cluster, on all its nodes. */
  countSubscribers(channels: readonly string[]): Promise<number[]>;
  countShardSubscribers(channels: readonly string[]): Promise<number[]>;
  /**
   * The channels that somebody listens to. Redis looks at each that there is.
   *
   * @param pattern as of PSUBSCRIBE
   */
  channels(pattern: string): Promise<Set<string>>;
  shardChannels(pattern: string): Promise<Set<string>>;
}

/** What adapters ask of a Redis client that listens. Several handlers may listen to one channel. */
export interface Subscriber {
  subscribe(channel: string, handler: Handler): Promise<unknown>;
  unsubscribe(channel: string, handler: Handler): Promise<unknown>;
  /** @param pattern as of PSUBSCRIBE */
  subscribePattern(pattern: string, handler: Handler): Promise<unknown>;
  unsubscribePattern(pattern: string, handler: Handler): Promise<unknown>;
  /** Sharded pub/sub: Redis 7. */
  subscribeToShard(channel: string, handler: Handler): Promise<unknown>;
  unsubscribeFromShard(channel: string, handler: Handler): Promise<unknown>;
}

/** What adapters ask of a Redis client that keeps things for them. */
export interface Store {
  /**
   * Any command.
   *
   * @param key that decides which node of a Redis Cluster gets it
   */
  command(key: string, args: readonly string[]): Promise<unknown>;
  /** A connection of one's own, for commands that block and for subscriptions. */
  duplicate(): DuplicatedClient;
}

export interface DuplicatedClient {
  /** Of the same library. */
  readonly client: object;
  /** Rejects if it does not try to connect any more. */
  readonly ready: Promise<unknown>;
  /** Ends the connection at once, or the attempts at it. */
  end(): void;
}
