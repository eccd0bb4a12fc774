import type { Packet, RawData } from "engine.io-parser";
import type { CloseReason, SessionState } from "engine.io-parser/session";
import type { HandshakeData, SocketReceiver, SocketReservedEvents } from "./events.js";
import { nextTick } from "./globals.node.js";
import { createLog } from "./log.node.js";
import { Reporter } from "./reporter.js";
import { CLOSE_TIMEOUT_MS, sizeOf, type Transport } from "./transports/transport.js";

const debug = /* @__PURE__ */ createLog("engine.io-client:socket");

/** Longer timers fire at once: what is due in 25 days or more is not waited for. */
const LONGEST_TIMER_MS = 2 ** 31;

/**
 * The client's half of an Engine.IO lifetime: state, write queue, heartbeat, end. It knows neither addresses nor options, and
 * transports and timers are given to it, so tests hand it virtual ones. The server's half is in engine.io-parser/session.
 *
 * Legal moves are those of `NEXT` there.
 */
export abstract class ClientSession extends Reporter<SocketReservedEvents> {
  /** Set once open, null once closed. */
  declare id: string | null | undefined;
  /** @internal */
  declare receiver: SocketReceiver | null;
  readyState: SessionState = "opening";
  /** Packets that wait for the transport. */
  writeBuffer: Packet[] = [];
  /** True from the answer to the probe of a better transport until the session travels on it. */
  upgrading = false;
  declare setTimeoutFn: (callback: () => void, delayMs: number) => unknown;
  // `any`: what a timer is, differs.
  declare clearTimeoutFn: (timer: any) => void; // oxlint-disable-line typescript/no-explicit-any
  /** @internal What the server takes in one request, in bytes, as far as it said so. */
  _maxPayload = Infinity;

  /** @internal By a function: it is not wrapped where a framework wraps all objects that it meets in a Proxy. */
  declare _carrier: () => Transport;
  /** How long the server may be silent, in ms: the time until its next ping and its patience. */
  declare private _silenceMs: number;
  /** When the present state ends by itself: what is awaited did not come. */
  declare private _deadline: number;
  declare private _timer: unknown;

  /** The transport that carries the session. */
  get transport(): Transport {
    return this._carrier();
  }

  /** Ends the session with the reason "forced close". What is queued leaves first, once the session is open, and an upgrade comes to its end. */
  close(): this {
    const { readyState } = this;
    if (readyState === "open") {
      this.readyState = "closing";
      this._expireIn(CLOSE_TIMEOUT_MS);
      this._flush();
    } else if (readyState === "opening") {
      if (this.writeBuffer.length > 0) this.readyState = "closing";
      else this._leave();
    }
    return this;
  }

  /**
   * @internal True if the server should have been heard by now, though timers (of a throttled page, a laptop that slept) have
   * not said so yet. The session then closes in a moment.
   */
  _hasPingExpired(): boolean {
    const isOverdue = this.readyState === "open" && this._deadline <= Date.now();
    if (isOverdue) nextTick(() => this._end("ping timeout"));
    return isOverdue;
  }

  /**
   * @internal Bytes of one message as it would travel now, if these are more than the server takes; else 0. A text is only
   * measured if it may be too long: UTF-8 has at most three bytes for each of its units.
   */
  _excess(data: RawData): number {
    if (data.length * 3 < this._maxPayload) return 0;
    const { name } = this.transport;
    // Bytes that travel raw have no type before them.
    const bytes = sizeOf(data, name) + Number(typeof data === "string" || name === "polling");
    return bytes > this._maxPayload ? bytes : 0;
  }

  /** @internal A timer that keeps no process alive if `autoUnref` says so. */
  abstract _setTimeout(callback: () => void, delayMs: number): unknown;

  /** @internal From now on this transport carries the session. */
  _moveTo(transport: Transport | undefined): void {
    // A socket that has none to connect with ends before anybody asks for it.
    this._carrier = () => transport!;
    if (!transport) return;
    transport.receiver = {
      open() {},
      packet: (packet) => this._onPacket(packet),
      drain: () => {
        this._say("drain");
        this._flush();
      },
      close: (details) => this._end("transport close", details),
      error: (error) => this._end("transport error", error),
    };
  }

  /** @internal Queues a packet; it leaves as soon as the transport can take it. */
  _enqueue(packet: Packet): void {
    this._say("packetCreate", packet);
    this.writeBuffer.push(packet);
    this._flush();
  }

  /** @internal Hands to the transport what it can take; a session that is closing ends when all is out. */
  _flush(): void {
    const transport = this._carrier();
    const { readyState, writeBuffer: batch } = this;
    if (readyState === "opening" || this.upgrading || !transport.writable) return;
    if (batch.length > 0) {
      // What does not fit into one batch stays.
      const size = transport.batchSize?.(batch) ?? Infinity;
      this.writeBuffer = size < batch.length ? batch.splice(size) : [];
      // Until it is handed over: what a listener sends now comes after it.
      transport.writable = false;
      this._say("flush");
      transport.send(batch);
    } else if (readyState === "closing") this._leave();
  }

  /** @internal The end, at once. */
  _end(reason: CloseReason, description?: unknown): void {
    if (__DEBUG__) debug("closed: %s", reason);
    this.readyState = "closed";
    this.writeBuffer = [];
    this.upgrading = false;
    this.clearTimeoutFn(this._timer);
    this._carrier()?.discard();
    if (reason === "transport error") this.emitReserved("error", description as Error);
    this.id = null;
    this.emitReserved("close", reason, description);
  }

  /** The handshake is done. */
  protected abstract _onHandshake(handshake: HandshakeData): void;

  /** The transport says goodbye, and nobody hears of its end. */
  protected _hangUp(): void {
    const transport = this._carrier();
    if (!transport) return;
    transport.receiver = null;
    transport.close();
  }

  /** A network that swallows what is sent tells nobody: without an end the client would wait for ever. */
  protected _expireIn(delayMs: number): void {
    this.clearTimeoutFn(this._timer);
    this._deadline = Date.now() + delayMs;
    const expire = () => {
      if (this.readyState === "opening") this._fail("timeout");
      else this._end(this.readyState === "open" ? "ping timeout" : "forced close");
    };
    if (delayMs < LONGEST_TIMER_MS) this._timer = this._setTimeout(expire, delayMs);
  }

  private _leave(): void {
    this.readyState = "closing";
    this._hangUp();
    this._end("forced close");
  }

  private _onPacket(packet: Packet): void {
    const { type, data } = packet;
    this._say("packet", packet);
    this._say("heartbeat");
    // Before the handshake there is nobody to deliver to; no server does this.
    if (type === "message") {
      if (this.id) {
        // Hot path: as emitReserved does it, by the name as it stands.
        this._say("data", data);
        this.receiver?.data(data);
        this._say("message", data);
      }
    } else if (type === "ping") {
      if (this.readyState === "open") {
        this._expireIn(this._silenceMs);
        this._enqueue({ type: "pong" });
      }
      this.emitReserved("ping");
      this._say("pong");
    } else if (type === "open") {
      if (!this.id) this._onOpen(data);
    } else if (type === "close") this._end("transport close", { description: "transport closed by the server" });
    else if (type === "error") this._fail("server error", data);
  }

  private _onOpen(data: RawData): void {
    const handshake = parseHandshake(data);
    if (!handshake) return this._fail("invalid open packet");
    // One that is closing opens only to send what waits.
    if (this.readyState === "opening") this.readyState = "open";
    this.id = this._carrier().query["sid"] = handshake.sid;
    this._maxPayload = handshake.maxPayload ?? Infinity;
    this._silenceMs = handshake.pingInterval + handshake.pingTimeout;
    this._expireIn(this._silenceMs);
    this._onHandshake(handshake);
    this._flush();
  }

  /** @param code of a server's error (row C-108) */
  private _fail(message: string, code?: unknown): void {
    this._end("transport error", Object.assign(new Error(message), code && { code }));
  }
}

/** Undefined unless all is there that a client needs; unknown keys are ignored (protocols.md 1.4). */
function parseHandshake(data: RawData): HandshakeData | undefined {
  try {
    const handshake = JSON.parse(data) as HandshakeData;
    const { sid, upgrades, pingInterval, pingTimeout, maxPayload = 1 } = handshake;
    const isComplete = sid && typeof sid === "string" && Array.isArray(upgrades);
    // JSON has neither NaN nor infinities, but 1e999 is one.
    if (isComplete && [pingInterval, pingTimeout, maxPayload].every((n) => Number.isFinite(n) && n > 0))
      return handshake;
  } catch {
    // No JSON, or null: not complete either.
  }
}
