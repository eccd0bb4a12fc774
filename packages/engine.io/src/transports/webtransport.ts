import debugModule from "debug";
import type { Packet } from "engine.io-parser";
import type { CloseCause } from "engine.io-parser/session";
import { LimitError } from "../errors.js";
import type { WireVersion } from "../wire-version.js";
import type { EndpointListener, WebTransportEndpoint } from "../webtransport/endpoint.js";
import type { WebTransportSession } from "../webtransport/session.js";
import { Transport } from "./transport.js";

const debug = debugModule("engine:webtransport");

/** WebTransport: one bidirectional stream of an HTTP/3 session carries all packets (protocols.md 1.12). */
export class WebTransportTransport extends Transport implements EndpointListener {
  readonly name = "webtransport";
  readonly #endpoint: WebTransportEndpoint;
  /** A batch is being written. */
  #busy = false;

  constructor(version: WireVersion, endpoint: WebTransportEndpoint) {
    super(null, version);
    this.#endpoint = endpoint;
    endpoint.listener = this;
    debug("a stream is open");
  }

  /** The WebTransport session itself. */
  get session(): WebTransportSession {
    return this.#endpoint.session;
  }

  get writable(): boolean {
    return !this.#busy && this.readyState === "open";
  }

  /** @internal */
  get bufferedBytes(): number {
    return this.#endpoint.bufferedBytes;
  }

  send(batch: readonly Packet[]): boolean {
    this.#busy = true;
    this.#endpoint.send(batch);
    return false;
  }

  override discard(_cause?: CloseCause): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.#endpoint.terminate();
    this.tellClosed();
  }

  override onPacket(packet: Packet): void {
    super.onPacket(packet);
  }

  onWritten(): void {
    this.#busy = false;
    this.onDrained();
    // The session may have come here while the answer to its probe was on its way, which no `onSent` of its own follows.
    this.onReady();
  }

  override onClose(error?: unknown): void {
    debug("the stream of %s is closed: %s", this.sid, error);
    if (error === undefined) super.onClose();
    else if (error instanceof LimitError) this.fail("frame too large", error, "parse error");
    else this.fail("webtransport error", error);
  }

  /** How long the peer takes for the rest is between it and the endpoint. */
  protected override doClose(): void {
    this.#endpoint.close();
    this.onClose();
  }
}
