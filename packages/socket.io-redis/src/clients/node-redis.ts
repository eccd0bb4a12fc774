import type { DuplicatedClient, Handler, Payload, Publisher, Store, Subscriber } from "./links.js";
import debugModule from "debug";
import { Listening } from "./listening.js";

const debug = debugModule("socket.io-redis");

type Listener = (payload: Buffer, channel: Buffer) => void;

/** As much of a client of `redis` 4 and newer as is used here: a single one, a pool, or one of a Redis Cluster. */
export interface NodeRedisClient {
  publish(channel: string, payload: unknown): Promise<unknown>;
  sPublish?(channel: string, payload: unknown): Promise<unknown>;
  subscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  unsubscribe(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  pSubscribe(pattern: string, listener: Listener, bufferMode: true): Promise<unknown>;
  pUnsubscribe(pattern: string, listener: Listener, bufferMode: true): Promise<unknown>;
  sSubscribe?(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  sUnsubscribe?(channel: string, listener: Listener, bufferMode: true): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  duplicate(): NodeRedisClient;
  on(event: "error", listener: () => void): unknown;
  connect(): Promise<unknown>;
  /** Version 5 and newer. */
  destroy?(): unknown;
  disconnect(): Promise<unknown>;
  /** Of a Redis Cluster. */
  masters?: readonly unknown[];
  nodeClient?(node: unknown): Promise<NodeRedisClient> | NodeRedisClient;
}

/** Of a Redis Cluster: this client sends commands to the node of a key. */
type SendToNode = (key: string, isReadonly: boolean, args: readonly string[]) => Promise<unknown>;

export function isNodeRedis(client: object): client is NodeRedisClient {
  return typeof (client as Partial<NodeRedisClient>).pSubscribe === "function";
}

/** `redis` 4 and newer. */
export class NodeRedisLink extends Listening implements Publisher, Subscriber, Store {
  /** The library knows listeners by identity. */
  readonly #listeners = new WeakMap<Handler, Listener>();

  constructor(private readonly client: NodeRedisClient) {
    super();
  }

  publish(channel: string, payload: Payload): Promise<unknown> {
    return this.client.publish(channel, toArgument(payload));
  }

  publishToShard(channel: string, payload: Payload): Promise<unknown> {
    return this.client.sPublish!(channel, toArgument(payload));
  }

  subscribe(channel: string, handler: Handler): Promise<unknown> {
    return this.client.subscribe(channel, this.#listenerOf(handler), true);
  }

  unsubscribe(channel: string, handler: Handler): Promise<unknown> {
    return this.client.unsubscribe(channel, this.#listenerOf(handler), true);
  }

  subscribePattern(pattern: string, handler: Handler): Promise<unknown> {
    return this.client.pSubscribe(pattern, this.#listenerOf(handler), true);
  }

  unsubscribePattern(pattern: string, handler: Handler): Promise<unknown> {
    return this.client.pUnsubscribe(pattern, this.#listenerOf(handler), true);
  }

  subscribeToShard(channel: string, handler: Handler): Promise<unknown> {
    return this.client.sSubscribe!(channel, this.#listenerOf(handler), true);
  }

  unsubscribeFromShard(channel: string, handler: Handler): Promise<unknown> {
    return this.client.sUnsubscribe!(channel, this.#listenerOf(handler), true);
  }

  command(key: string, args: readonly string[]): Promise<unknown> {
    const { client } = this;
    if (client.masters === undefined) return client.sendCommand(args);
    return (client.sendCommand as unknown as SendToNode).call(client, key, false, args);
  }

  duplicate(): DuplicatedClient {
    const copy = this.client.duplicate();
    // It comes back by itself, and what was asked of it fails.
    copy.on("error", () => {});
    const ready = copy.connect();
    ready.catch((error: unknown) => debug("a connection was given up: %s", error));
    const end = async (): Promise<void> => {
      if (copy.destroy !== undefined) copy.destroy();
      else await copy.disconnect();
    };
    return { client: copy, ready, end: () => void end().catch(ignore) };
  }

  #listenerOf(handler: Handler): Listener {
    let listener = this.#listeners.get(handler);
    if (listener === undefined) {
      listener = (payload, channel) => handler(payload, channel.toString());
      this.#listeners.set(handler, listener);
    }
    return listener;
  }

  protected override async askNodes(command: string, names: readonly string[]): Promise<unknown[]> {
    const { client } = this;
    const nodes =
      client.masters === undefined
        ? [client]
        : await Promise.all(client.masters.map(async (master) => client.nodeClient!(master)));
    return Promise.all(nodes.map((node) => node.sendCommand(["PUBSUB", command, ...names])));
  }
}

/** The library takes Buffers, but not other views. */
export function toArgument(payload: Payload): string | Buffer {
  if (typeof payload === "string" || Buffer.isBuffer(payload)) return payload;
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** It had no connection. */
function ignore(): void {}
