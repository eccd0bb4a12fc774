import { networkInterfaces } from "node:os";
import debugModule from "debug";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import type { Handler, Publisher, Subscriber } from "../clients/links.js";

const debug = debugModule("socket.io-redis");

export interface SessionBusOptions {
  /**
   * Address of this machine at which the other servers reach this one. Requests that are passed on come in plain HTTP, so it is to be one
   * of a network of one's own.
   * @default the first IPv4 address that is not the loopback interface's
   */
  host?: string;
  /**
   * Port for requests of the other servers.
   * @default 0: any
   */
  port?: number;
  /**
   * Servers of one application have the same.
   * @default "socket.io"
   */
  key?: string;
}

/** What the `sessionBus` option of a server takes. */
export interface RedisSessionBus {
  readonly host: string;
  readonly port: number;
  subscribe(listener: (message: string) => void): Promise<unknown>;
  unsubscribe(listener: (message: string) => void): void;
  publish(message: string): void;
}

/** Joins servers on several machines, so that a request which reaches another server than its session is passed on to that. */
export class SessionBus implements RedisSessionBus {
  readonly host: string;
  readonly port: number;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #channel: string;
  readonly #handlers = new Map<(message: string) => void, Handler>();

  constructor(pubClient: RedisClient, subClient: RedisClient, opts: SessionBusOptions) {
    this.host = opts.host ?? ownAddress();
    this.port = opts.port ?? 0;
    this.#publisher = linkOf(pubClient);
    this.#subscriber = linkOf(subClient);
    this.#channel = `${opts.key ?? "socket.io"}-sessions#`;
  }

  subscribe(listener: (message: string) => void): Promise<unknown> {
    const handler: Handler = (payload) => listener(payload.toString());
    this.#handlers.set(listener, handler);
    return this.#subscriber.subscribe(this.#channel, handler);
  }

  unsubscribe(listener: (message: string) => void): void {
    const handler = this.#handlers.get(listener);
    if (handler === undefined) return;
    this.#handlers.delete(listener);
    this.#subscriber.unsubscribe(this.#channel, handler).catch(logFailed);
  }

  publish(message: string): void {
    this.#publisher.publish(this.#channel, message).catch(logFailed);
  }
}

/** While Redis is away, servers know each other as they did before. */
function logFailed(error: unknown): void {
  debug("the bus of sessions: %s", error);
}

function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
