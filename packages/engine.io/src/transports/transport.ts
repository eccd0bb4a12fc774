import type { Packet } from "engine.io-parser";
import type { CloseCause, SessionTransport, TransportSink } from "engine.io-parser/session";
import type { OutgoingHttpHeaders } from "node:http";
import { TransportError } from "../errors.js";
import type { EngineRequest } from "../http/request.js";
import type { EngineOptions, TransportName } from "../options.js";
import type { Revision, WireVersion } from "../wire-version.js";

/** What a transport asks of its server. */
export interface TransportHost {
  readonly opts: EngineOptions;

  /**
   * An answer is about to leave: adds the cookie and lets the application change the headers.
   * @param sid set if it is the first answer of a session
   */
  completeHeaders(headers: OutgoingHttpHeaders, req: EngineRequest, sid: string | null): void;
}

/** One way of carrying a session. */
export abstract class Transport implements SessionTransport {
  /** What clients can move to from here, in order of preference. */
  static readonly upgradesTo: readonly TransportName[] = [];

  abstract readonly name: TransportName;
  /** Id of the session that it carries. */
  sid = "";
  readyState: "open" | "closing" | "closed" = "open";
  /** False if bytes have to be sent as base64, since the client can't take them. */
  readonly supportsBinary: boolean;
  /** @internal */
  sink: TransportSink | null = null;
  /** @internal */
  protected readonly version: WireVersion;

  /** @param req null where there is none (WebTransport) */
  constructor(req: EngineRequest | null, version: WireVersion) {
    this.version = version;
    this.supportsBinary = !req?._query["b64"];
  }

  /** False while it can't take packets; the session keeps them meanwhile. */
  abstract readonly writable: boolean;

  /** Revision of the protocol, 3 or 4. */
  get protocol(): Revision {
    return this.version.revision;
  }

  /** True once the session has left this transport for another, or ended. */
  get discarded(): boolean {
    return this.readyState === "closed";
  }

  abstract send(batch: readonly Packet[]): boolean;

  abstract close(): void;

  abstract discard(cause: CloseCause): void;

  /** For transports: the peer, or the way to it, broke; everything is over. */
  protected fail(message: string, description?: unknown): void {
    const { sink } = this;
    if (this.readyState === "closed") return;
    const cause: CloseCause = { reason: "transport error", description: new TransportError(message, description) };
    this.discard(cause);
    this.sink = null;
    sink?.onClose(cause);
  }
}
