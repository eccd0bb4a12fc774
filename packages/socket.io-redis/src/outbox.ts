import type { Adapter } from "socket.io-adapter";
import { watchConnection } from "./clients/connection.js";
import type { RedisClient } from "./clients/link-of.js";
import type { Payload } from "./clients/links.js";

/** How much is kept while Redis is away. */
export interface OutboxOptions {
  /** @default 1000 */
  maxMessages?: number;
  /**
   * In bytes of what would be published.
   * @default 8388608
   */
  maxBytes?: number;
}

/** Why servers do not hear each other. */
export type Degradation = "publisher disconnected" | "subscriber disconnected" | "reader disconnected" | "unresponsive";

/** What is published: a message, or the fields of an entry of a stream. */
export type Outgoing = Payload | readonly string[];

/** What became of the messages that were published while Redis was away. */
export interface Restoration {
  /** They were kept, and are on their way now. */
  readonly sent: number;
  /** The outbox was full, or they were under way when the connection broke. */
  readonly lost: number;
}

export interface OutboxHost<Message extends Outgoing = Payload> {
  /** As a client does: rejects if it fails. */
  send(channel: string, message: Message): Promise<unknown>;
  /** Perhaps for one more reason. */
  onDegraded(reason: Degradation): void;
  /** All reasons are gone. */
  onRestored(restoration: Restoration): void;
}

/**
 * The outbox of an adapter, whose events `degraded` and `restored` tell what becomes of it.
 *
 * @param subClient undefined if it is yet to be made: {@link Outbox.watch}
 */
export function outboxOf<Message extends Outgoing = Payload>(
  adapter: Adapter,
  [pubClient, subClient]: readonly [RedisClient, RedisClient?],
  send: OutboxHost<Message>["send"],
  options: OutboxOptions | undefined,
): Outbox<Message> {
  // Out of the client's own events: what the application's function throws is not to disturb it.
  const tell = (event: string, value: unknown): void => process.nextTick(() => adapter.emit(event, value));
  const host: OutboxHost<Message> = {
    send,
    onDegraded: (reason) => tell("degraded", reason),
    onRestored: (restoration) => tell("restored", restoration),
  };
  const outbox = new Outbox(host, options);
  outbox.watch(pubClient, "publisher disconnected");
  if (subClient !== undefined) outbox.watch(subClient, "subscriber disconnected");
  return outbox;
}

/** A message was not published, since Redis is away and enough is kept for it already. */
export class OutboxFullError extends Error {
  override readonly name = "OutboxFullError";
  readonly code = "ERR_OUTBOX_FULL";

  constructor(messages: number, bytes: number) {
    super(`Redis is away, and the outbox is full (${messages} messages, ${bytes} bytes)`);
  }
}

/** With no answer for that long, Redis counts as away though it is connected, in ms. */
const SILENCE_MS = 1000;

interface Held<Message> {
  readonly channel: string;
  readonly message: Message;
  readonly resolve: (answer: Promise<unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** What was published over one connection. Of what was under way when it broke, some clients never tell. */
interface Flight {
  published: number;
  answered: number;
  /** How many have to be answered for Redis to count as awake. */
  expected: number;
  readonly onAnswer: () => void;
  readonly onFailure: () => void;
}

/**
 * What a server publishes, in order. While Redis is away messages are kept, up to a limit, and leave when it is back. Those that
 * were under way when the connection broke are not sent again, since Redis may have had them.
 */
export class Outbox<Message extends Outgoing = Payload> {
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #reasons = new Set<Degradation>();
  readonly #unwatch: (() => void)[] = [];
  #held: Held<Message>[] = [];
  #heldBytes = 0;
  #isClosed = false;
  #lost = 0;
  #sent = 0;
  #flight = this.#newFlight();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: OutboxHost<Message>,
    { maxMessages = 1000, maxBytes = 8 * 1024 * 1024 }: OutboxOptions = {},
  ) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /**
   * Redis is away while this client has no connection. Of a Redis Cluster: one that listens, to any of the nodes; the one that
   * publishes, to all of them. While there is one, what is published has to go to the client, which learns of other nodes by it.
   */
  watch(client: RedisClient, reason: Degradation): void {
    if (this.#isClosed) return;
    const extent = reason === "publisher disconnected" ? "all nodes" : "any node";
    this.#unwatch.push(watchConnection(client, this.#watcher(reason), extent));
  }

  /** Whether servers do not hear each other now. */
  get isDegraded(): boolean {
    return this.#reasons.size > 0;
  }

  /** What is published cannot reach Redis now. */
  get isHolding(): boolean {
    return this.#reasons.has("publisher disconnected") || this.#reasons.has("unresponsive");
  }

  /** Settles once Redis has answered. Rejects if the message is lost. */
  publish(channel: string, message: Message): Promise<unknown> {
    return this.isHolding ? this.#hold(channel, message) : this.#send(channel, message);
  }

  /** What is kept is lost. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#unwatch) end();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reasons.clear();
    const held = this.#takeHeld();
    for (const { reject } of held) reject(new Error("the adapter was closed"));
  }

  #send(channel: string, message: Message): Promise<unknown> {
    const answered = this.#tryToSend(channel, message);
    const flight = this.#flight;
    flight.published++;
    answered.then(flight.onAnswer, flight.onFailure);
    this.#watchSilence();
    return answered;
  }

  /** Clients of some libraries throw at once. */
  async #tryToSend(channel: string, message: Message): Promise<unknown> {
    return this.host.send(channel, message);
  }

  #hold(channel: string, message: Message): Promise<unknown> {
    const size = sizeOf(message);
    if (this.#held.length >= this.#maxMessages || this.#heldBytes + size > this.#maxBytes) {
      this.#lost++;
      return Promise.reject(new OutboxFullError(this.#held.length, this.#heldBytes));
    }
    this.#heldBytes += size;
    return new Promise((resolve, reject) => this.#held.push({ channel, message, resolve, reject }));
  }

  #takeHeld(): Held<Message>[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  #watcher(reason: Degradation): { onAway(): void; onBack(): void } {
    return { onAway: () => this.#degrade(reason), onBack: () => this.#restore(reason) };
  }

  #degrade(reason: Degradation): void {
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.host.onDegraded(reason);
  }

  #restore(reason: Degradation): void {
    if (!this.#reasons.delete(reason)) return;
    if (reason === "publisher disconnected") this.#beginFlight();
    if (!this.isHolding) {
      for (const { channel, message, resolve } of this.#takeHeld()) {
        this.#sent++;
        resolve(this.#send(channel, message));
      }
    }
    if (this.#reasons.size > 0) return;
    const restoration = { sent: this.#sent, lost: this.#lost };
    this.#sent = 0;
    this.#lost = 0;
    this.host.onRestored(restoration);
  }

  /** Whether Redis answers over the new connection is yet to be seen. */
  #beginFlight(): void {
    this.#flight = this.#newFlight();
    this.#reasons.delete("unresponsive");
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #newFlight(): Flight {
    const onAnswer = (): void => {
      flight.answered++;
      if (flight === this.#flight && flight.answered >= flight.expected) this.#restore("unresponsive");
    };
    const onFailure = (): void => {
      this.#lost++;
      onAnswer();
    };
    const flight: Flight = { published: 0, answered: 0, expected: 0, onAnswer, onFailure };
    return flight;
  }

  /** One timer, and only while something is under way: those who publish much pay nothing for it. */
  #watchSilence(): void {
    if (this.#timer !== undefined) return;
    this.#flight.expected = this.#flight.published;
    this.#timer = setTimeout(this.#onTime, SILENCE_MS).unref();
  }

  readonly #onTime = (): void => {
    // This process may have been busy itself: what has arrived meanwhile is read first.
    setImmediate(() => {
      if (this.#timer === undefined) return;
      this.#timer = undefined;
      const { published, answered, expected } = this.#flight;
      if (answered < expected) this.#degrade("unresponsive");
      else if (answered < published) this.#watchSilence();
    });
  };
}

function sizeOf(message: Outgoing): number {
  if (typeof message === "string" || message instanceof Uint8Array) return message.length;
  return message.reduce((sum, field) => sum + field.length, 0);
}
