import type { DefaultEventsMap, EventsMap } from "socket.io-parser/events";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import { codec, type Codec } from "../codec.js";
import type { SigningOptions } from "../signing/options.js";
import { EmitterBase, namespaceOf } from "./base.js";
import { PubSubOutlet } from "./pubsub-outlet.js";

export interface EmitterOptions {
  /**
   * Beginning of the names of all channels, as the servers have it.
   * @default "socket.io"
   */
  key?: string;
  /**
   * How broadcasts are written, as the servers have it.
   * @default MessagePack, in forms that all releases read
   */
  parser?: Codec;
  /**
   * Whether the servers are of Socket.IO 2, or ours beside such: they get binary events in the form that these read.
   * @default false
   */
  socketIo2?: boolean;
  /** Signs what is sent, as the servers do. */
  signing?: SigningOptions;
}

/**
 * Emits from a process without a server: a worker, a cron job. The servers use {@link createAdapter}, or upstream's
 * `@socket.io/redis-adapter`.
 *
 * ```js
 * const emitter = new Emitter(redisClient);
 * emitter.to("room").emit("hello", "world");
 * emitter.of("/admin").disconnectSockets();
 * ```
 *
 * The client is the application's: it connects it, listens to its errors and closes it. What cannot be published is lost.
 */
export class Emitter<EmitEvents extends EventsMap = DefaultEventsMap> extends EmitterBase<EmitEvents> {
  constructor(
    readonly redisClient: RedisClient,
    private readonly opts: EmitterOptions = {},
    private readonly nsp: string = "/",
  ) {
    const { key = "socket.io", parser = codec, socketIo2 = false, signing } = opts;
    super(new PubSubOutlet(linkOf(redisClient), { key, parser, socketIo2, signing }, nsp));
  }

  /** An emitter for a namespace. */
  of(nsp: string): Emitter<EmitEvents> {
    return new Emitter(this.redisClient, this.opts, namespaceOf(nsp));
  }
}
