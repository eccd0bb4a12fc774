import { networkInterfaces } from "node:os";
import debugModule from "debug";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import type { Handler, Publisher, Subscriber } from "../clients/links.js";
import { persist, type Persistence } from "../clients/persist.js";
import { Guard } from "../signing/guard.js";
import type { Refusal, SigningOptions } from "../signing/options.js";

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
  /**
   * Signs what servers say to each other; all of them have to. Else whoever can write to Redis can have requests, with their cookies,
   * passed on to an address of his.
   */
  signing?: SigningOptions;
}

type Listener = (message: string) => void;

/** What the `sessionBus` option of a server takes. */
export interface RedisSessionBus {
  readonly host: string;
  readonly port: number;
  /** How many messages of others were dropped, by the reason, with the option `signing`. */
  readonly messagesRefused: ReadonlyMap<Refusal, number>;
  subscribe(listener: Listener): Promise<unknown>;
  unsubscribe(listener: Listener): void;
  publish(message: string): void;
}

/** Joins servers on several machines, so that a request which reaches another server than its session is passed on to that. */
export class SessionBus implements RedisSessionBus {
  readonly host: string;
  readonly port: number;
  readonly messagesRefused: ReadonlyMap<Refusal, number>;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #guard: Guard;
  readonly #channel: string;
  readonly #listeners = new Set<Listener>();
  /** Of those who listen now. */
  #subscription: Persistence | undefined;

  /** @throws TypeError if a key to sign with is too short */
  constructor(pubClient: RedisClient, subClient: RedisClient, opts: SessionBusOptions) {
    this.host = opts.host ?? ownAddress();
    this.port = opts.port ?? 0;
    this.#guard = new Guard(opts.signing);
    this.messagesRefused = this.#guard.refused;
    this.#publisher = linkOf(pubClient);
    this.#subscriber = this.#guard.subscriberOver(linkOf(subClient));
    this.#channel = `${opts.key ?? "socket.io"}-sessions#`;
  }

  /** One subscription for all listeners: a signed message is heard once. Resolves when they hear. */
  subscribe(listener: Listener): Promise<unknown> {
    this.#listeners.add(listener);
    if (this.#subscription === undefined) {
      const subscription = persist(
        () => this.#subscriber.subscribe(this.#channel, this.#onPayload),
        () => this.#subscription === subscription,
      );
      this.#subscription = subscription;
    }
    return this.#subscription.done;
  }

  unsubscribe(listener: Listener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    this.#subscription = undefined;
    this.#subscriber.unsubscribe(this.#channel, this.#onPayload).catch(logFailed);
  }

  publish(message: string): void {
    this.#publisher.publish(this.#channel, this.#guard.seal(this.#channel, message)).catch(logFailed);
  }

  readonly #onPayload: Handler = (payload) => {
    const message = payload.toString();
    for (const listener of this.#listeners) listener(message);
  };
}

/** While Redis is away, servers know each other as they did before. */
function logFailed(error: unknown): void {
  debug("the bus of sessions: %s", error);
}

function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
