import debugModule from "debug";
import type { Adapter } from "socket.io-adapter";
import type { Handler, Payload, Subscriber } from "../clients/links.js";
import type { Fields } from "../streams/entry.js";
import type { Refusal, SigningOptions } from "./options.js";
import { HEADER_BYTES, Signer } from "./signer.js";

const debug = debugModule("socket.io-redis");

/** The field of an entry of a stream that holds its signature. */
const SIGNATURE_FIELD = "sig";

/** Signs what leaves, and drops what comes without a signature, if there are keys; else it lets everything through. */
export class Guard {
  /** How many messages were dropped. */
  readonly refused = new Map<Refusal, number>();
  readonly #signer: Signer | undefined;
  readonly #adapter: Adapter | undefined;

  /**
   * @param adapter told by `message_refused` `(reason, place)`; an emitter has none
   * @throws TypeError if a key is too short
   */
  constructor(options: SigningOptions | undefined, adapter?: Adapter) {
    this.#signer = options && new Signer(options);
    this.#adapter = adapter;
  }

  seal(channel: string, payload: Payload): Payload {
    if (this.#signer === undefined) return payload;
    const message = typeof payload === "string" ? Buffer.from(payload) : payload;
    return Buffer.concat([this.#signer.headerFor(channel, message), message]);
  }

  /** A subscriber whose handlers hear only what is signed. */
  subscriberOver(inner: Subscriber): Subscriber {
    return this.#signer === undefined ? inner : new GuardedSubscriber(inner, this);
  }

  /** A handler that hears only what is signed, without the signature. */
  over(handler: Handler): Handler {
    const signer = this.#signer;
    if (signer === undefined) return handler;
    return (payload, channel) => {
      const message = payload.subarray(HEADER_BYTES);
      const refusal = signer.refuse(channel, payload.subarray(0, HEADER_BYTES), message, Date.now());
      if (refusal === undefined) handler(message, channel);
      else this.#refuse(refusal, channel);
    };
  }

  /** Names and values of an entry, with its signature. */
  sealEntry(stream: string, fields: readonly string[]): readonly string[] {
    if (this.#signer === undefined) return fields;
    const header = this.#signer.headerFor(stream, inOneForm(Object.fromEntries(pairs(fields))));
    return [...fields, SIGNATURE_FIELD, header.toString("base64")];
  }

  /**
   * Whether an entry is to be heard.
   *
   * @param writtenAt when Redis got it, in ms: it may be read much later
   */
  hearsEntry(stream: string, fields: Fields, writtenAt: number): boolean {
    if (this.#signer === undefined) return true;
    const refusal = this.#signer.refuse(stream, signatureIn(fields), inOneForm(fields), writtenAt);
    if (refusal !== undefined) this.#refuse(refusal, stream);
    return refusal === undefined;
  }

  /** A test for entries that are read again, each once. */
  readsAgain(stream: string): (fields: Fields, writtenAt: number) => boolean {
    const signer = this.#signer;
    if (signer === undefined) return () => true;
    const read = new Set<string>();
    return (fields, writtenAt) => {
      const origin = signer.originOf(stream, signatureIn(fields), inOneForm(fields));
      if (typeof origin === "string" || signer.isStale(origin, writtenAt)) return false;
      const name = `${origin.sender} ${origin.sequence}`;
      return !read.has(name) && read.add(name) !== undefined;
    };
  }

  /** What is kept in Redis under a key. */
  sealValue(key: string, value: string): string {
    return this.#signer === undefined ? value : `${value}.${this.#signer.stampOf(key, value)}`;
  }

  /** Undefined for what was not written by a server with one of the keys. */
  openValue(key: string, sealed: string): string | undefined {
    if (this.#signer === undefined) return sealed;
    const [value = "", stamp = ""] = sealed.split(".");
    if (this.#signer.isStamped(key, value, stamp)) return value;
    this.#refuse(stamp === "" ? "unsigned" : "forged", key);
    return undefined;
  }

  #refuse(reason: Refusal, place: string): void {
    debug("a message in %s was dropped: %s", place, reason);
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
    const adapter = this.#adapter;
    // Out of the client's own events: what the application's function throws is not to disturb it.
    if (adapter !== undefined && adapter.listenerCount("message_refused") > 0) {
      process.nextTick(() => adapter.emit("message_refused", reason, place));
    }
  }
}

/**
 * The guard of all emitters with these options. `of()` makes a new emitter each time, and servers remember so and so many senders: who
 * says each thing by another name would have them forget the others.
 */
export function guardOfEmitters(options: SigningOptions | undefined): Guard {
  if (options === undefined) return new Guard(undefined);
  let guard = emitterGuards.get(options);
  if (guard === undefined) {
    guard = new Guard(options);
    emitterGuards.set(options, guard);
  }
  return guard;
}

const emitterGuards = new WeakMap<SigningOptions, Guard>();

class GuardedSubscriber implements Subscriber {
  readonly #handlers = new WeakMap<Handler, Handler>();

  constructor(
    private readonly inner: Subscriber,
    private readonly guard: Guard,
  ) {}

  subscribe(channel: string, handler: Handler): Promise<unknown> {
    return this.inner.subscribe(channel, this.#guarded(handler));
  }

  unsubscribe(channel: string, handler: Handler): Promise<unknown> {
    return this.inner.unsubscribe(channel, this.#guarded(handler));
  }

  subscribePattern(pattern: string, handler: Handler): Promise<unknown> {
    return this.inner.subscribePattern(pattern, this.#guarded(handler));
  }

  unsubscribePattern(pattern: string, handler: Handler): Promise<unknown> {
    return this.inner.unsubscribePattern(pattern, this.#guarded(handler));
  }

  subscribeToShard(channel: string, handler: Handler): Promise<unknown> {
    return this.inner.subscribeToShard(channel, this.#guarded(handler));
  }

  unsubscribeFromShard(channel: string, handler: Handler): Promise<unknown> {
    return this.inner.unsubscribeFromShard(channel, this.#guarded(handler));
  }

  #guarded(handler: Handler): Handler {
    let guarded = this.#handlers.get(handler);
    if (guarded === undefined) {
      guarded = this.guard.over(handler);
      this.#handlers.set(handler, guarded);
    }
    return guarded;
  }
}

function signatureIn(fields: Fields): Buffer {
  return Buffer.from(fields[SIGNATURE_FIELD] ?? "", "base64");
}

/** The fields of an entry, in whatever order, without the signature. */
function inOneForm({ uid, nsp, type, data }: Fields): Buffer {
  return Buffer.from(JSON.stringify([uid, nsp, type, data]));
}

function* pairs(fields: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at + 1 < fields.length; at += 2) yield [fields[at]!, fields[at + 1]!];
}
