import type { DefaultEventsMap, EventsMap } from "socket.io-parser/events";
import { linkOf, type RedisClient } from "../clients/link-of.js";
import type { SigningOptions } from "../signing/options.js";
import { streamOf } from "../streams/stream-of.js";
import { EmitterBase, namespaceOf } from "./base.js";
import { StreamsOutlet } from "./streams-outlet.js";

export interface StreamsEmitterOptions {
  /**
   * Name of the stream, as the servers have it.
   * @default "socket.io"
   */
  streamName?: string;
  /**
   * Over how many streams the namespaces are spread, as the servers have it.
   * @default 1
   */
  streamCount?: number;
  /**
   * How many entries a stream keeps, about.
   * @default 10000
   */
  maxLen?: number;
  /** Signs what is sent, as the servers do. */
  signing?: SigningOptions;
}

/**
 * Emits from a process without a server to servers with {@link createStreamsAdapter}, or upstream's
 * `@socket.io/redis-streams-adapter`. Clients that recover get what it has emitted meanwhile, too.
 *
 * ```js
 * const emitter = new StreamsEmitter(redisClient);
 * emitter.to("room").emit("hello", "world");
 * ```
 *
 * The client is the application's: it connects it, listens to its errors and closes it. What cannot be written is lost.
 */
export class StreamsEmitter<EmitEvents extends EventsMap = DefaultEventsMap> extends EmitterBase<EmitEvents> {
  constructor(
    readonly redisClient: RedisClient,
    private readonly opts: StreamsEmitterOptions = {},
    private readonly nsp: string = "/",
  ) {
    const { streamName = "socket.io", streamCount = 1, maxLen = 10_000, signing } = opts;
    const key = streamOf(nsp, { streamName, streamCount });
    super(new StreamsOutlet(linkOf(redisClient), { key, maxLen, nsp, signing }));
  }

  /** An emitter for a namespace. */
  of(nsp: string): StreamsEmitter<EmitEvents> {
    return new StreamsEmitter(this.redisClient, this.opts, namespaceOf(nsp));
  }
}
