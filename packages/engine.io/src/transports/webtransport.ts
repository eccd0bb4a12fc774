import type { Packet } from "engine.io-parser";
import type { CloseCause } from "engine.io-parser/session";
import type { WireVersion } from "../wire-version.js";
import type { EndpointListener, WebTransportEndpoint } from "../webtransport/endpoint.js";
import type { WebTransportSession } from "../webtransport/session.js";
import { Transport } from "./transport.js";

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

  close(): void {
    const { sink } = this;
    if (this.readyState !== "open") return;
    this.readyState = "closed";
    this.sink = null;
    // How long the peer takes for the rest is between it and the endpoint.
    this.#endpoint.close();
    sink?.onClose({ reason: "transport close" });
  }

  discard(_cause: CloseCause): void {
    if (this.readyState !== "open") return;
    this.readyState = "closed";
    this.#endpoint.terminate();
  }

  onPacket(packet: Packet): void {
    this.sink?.onPacket(packet);
  }

  onWritten(): void {
    this.#busy = false;
    this.sink?.onSent();
    // The session may have come here while the answer to its probe was on its way, which no `onSent` of its own follows.
    this.sink?.onWritable();
  }

  onClose(error?: unknown): void {
    const { sink } = this;
    if (error !== undefined) return this.fail("webtransport error", error);
    this.readyState = "closed";
    this.sink = null;
    sink?.onClose({ reason: "transport close" });
  }
}
