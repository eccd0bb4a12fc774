import { type Socket as Engine, installTimerFunctions, type SocketOptions as EngineOptions } from "engine.io-client";
import { Emitter } from "engine.io-parser/emitter";
import { type Packet, Decoder, Encoder } from "socket.io-parser";
import type { DefaultEventsMap, EventsMap } from "socket.io-parser/events";
import { createLog } from "./log.node.js";
import { limitError } from "./outbox.js";
import { Backoff, type BackoffSettings } from "./reconnect.js";
import { type DisconnectDescription, type OutgoingPacket, Socket, type SocketOptions } from "./socket.js";
import { announce, callUser } from "./user-code.js";
import { onWake } from "./wake.js";

// `any`: a Manager serves Sockets of whatever events, and parsers bring classes of their own.
/* oxlint-disable typescript/no-explicit-any */

const debug = /* @__PURE__ */ createLog("socket.io-client:manager");

export interface ManagerOptions extends EngineOptions {
  /** Makes a Manager of its own for this call of `io()`. @default false */
  forceNew: boolean;
  /** False: the same as {@link forceNew}. @default true */
  multiplex: boolean;
  /**
   * Additions to the query string of each request. May be changed for the next attempt: `socket.io.opts.query.token = …`; a text
   * (which plain JavaScript may give) could not be.
   */
  query?: { [key: string]: any };
  /** Path on the server. @default "/socket.io" */
  path: string;
  /** Whether to connect again after a loss. @default true */
  reconnection: boolean;
  /** How many attempts are made in a row. @default Infinity */
  reconnectionAttempts: number;
  /** Delay before the first attempt, in ms; it doubles from attempt to attempt. @default 1000 */
  reconnectionDelay: number;
  /** No delay is longer, in ms. @default 5000 */
  reconnectionDelayMax: number;
  /** Share of the delay by which it varies at random, between 0 and 1. @default 0.5 */
  randomizationFactor: number;
  /** How long an attempt may take, in ms; false: as long as it takes. @default 20000 */
  timeout: number | false;
  /** Whether to connect at once. @default true */
  autoConnect: boolean;
  /** The packet format: an object with `Encoder` and `Decoder`. @default socket.io-parser */
  parser: any;
}

/** Events of the Manager that nobody can emit. */
export interface ManagerReservedEvents {
  /** The engine opened. */
  open: () => void;
  /** An attempt failed, or the engine reports an error. */
  error: (err: Error) => void;
  /** The server's heartbeat. */
  ping: () => void;
  /** A packet arrived, for whatever namespace. */
  packet: (packet: Packet) => void;
  /** The engine closed. */
  close: (reason: string, description?: DisconnectDescription) => void;
  /** All attempts failed. */
  reconnect_failed: () => void;
  /** An attempt begins; they are counted from 1. */
  reconnect_attempt: (attempt: number) => void;
  /** An attempt failed. */
  reconnect_error: (err: Error) => void;
  /** Connected again, by the attempt of that number. */
  reconnect: (attempt: number) => void;
}

type Options = Partial<ManagerOptions>;

interface Settings extends BackoffSettings {
  reconnection: boolean;
  timeout: number | false;
}

// Methods, not fields, so that a subclass can override them; they are made by one function at the end of this file.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging, no-unused-vars -- both declarations name the same parameters
export interface ManagerBase<ListenEvents extends EventsMap, EmitEvents extends EventsMap> {
  /** See {@link ManagerOptions.reconnectionAttempts}. */
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): this | number;
  /** See {@link ManagerOptions.reconnectionDelay}. */
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): this | number;
  /** See {@link ManagerOptions.reconnectionDelayMax}. */
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): this | number;
  /** See {@link ManagerOptions.randomizationFactor}. */
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): this | number;
  /** See {@link ManagerOptions.timeout}. */
  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): this | number | false;
}

/** What all Managers have; which transports their engine knows is the subclass's. */
export abstract class ManagerBase<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  // `{}`: there are no events but our own.
> extends Emitter<{}, {}, ManagerReservedEvents> {
  // oxlint-disable-line typescript/no-empty-object-type
  /** The current Engine.IO socket, a new one for each attempt; undefined before the first. */
  declare engine: Engine;
  /** The options. Changes count at the next attempt. */
  declare opts: Options;
  /** True once the Manager was closed on purpose, until it is opened. */
  skipReconnect = false;
  declare setTimeoutFn: (callback: () => void, delayMs: number) => unknown;
  declare clearTimeoutFn: (timer: any) => void;
  declare readonly backoff: Backoff;
  declare readonly encoder: { encode(packet: Packet): any[] };
  declare readonly decoder: {
    add(chunk: any): void;
    destroy(): void;
    on(ev: "decoded", listener: (packet: Packet) => void): unknown;
  };

  /** @internal */
  _readyState: "opening" | "open" | "closed" = "closed";
  /** @internal From the decision to try again until an attempt succeeded or the last one failed. */
  _reconnecting = false;
  /** @internal */
  declare readonly _autoConnect: boolean;
  declare protected uri: string | undefined;
  // Without a prototype: the peer names the keys that we look up.
  private nsps: Record<string, Socket<any, any>> = Object.create(null);
  declare private _settings: Settings;
  /** Ends the wait: for the next attempt while closed, for the answer to an attempt while opening. */
  declare private _stopWaiting: (() => void) | undefined;

  constructor(opts?: Options);
  constructor(uri?: string, opts?: Options);
  constructor(uri?: string | Options, opts?: Options);
  constructor(uri?: string | Options, opts?: Options) {
    super();
    if (typeof uri === "object") {
      opts = uri;
      uri = undefined;
    }
    opts ??= {};
    // A copy has what is enumerable and the object's own. What counts here is read from the object that was given: it may be an instance of a class.
    this.opts = { ...opts, path: opts.path || "/socket.io", transports: opts.transports };
    this.uri = uri;
    installTimerFunctions(this, opts);
    this._settings = {
      reconnection: opts.reconnection !== false,
      reconnectionAttempts: opts.reconnectionAttempts || Infinity,
      reconnectionDelay: opts.reconnectionDelay || 1000,
      reconnectionDelayMax: opts.reconnectionDelayMax || 5000,
      randomizationFactor: opts.randomizationFactor ?? 0.5,
      timeout: opts.timeout ?? 20_000,
    };
    this.backoff = new Backoff(this._settings);
    const parser = opts.parser || { Encoder, Decoder };
    this.encoder = new parser.Encoder();
    this.decoder = new parser.Decoder();
    this.decoder.on("decoded", (packet) => {
      if (this.hasListeners("packet")) announce(this, ["packet", packet]);
      this.nsps[packet.nsp]?._onPacket(packet);
    });
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  /** Whether the connection is made again after a loss. Set to false, it also ends attempts under way. */
  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): this | boolean;
  reconnection(value?: boolean): this | boolean {
    if (value === undefined) return this._settings.reconnection;
    this._settings.reconnection = value;
    if (!value) {
      this.skipReconnect = true;
      if (this._readyState === "closed") {
        this._stopWaiting?.();
        this._reconnecting = false;
      }
    }
    return this;
  }

  /**
   * Makes one attempt to connect, unless there is a connection or an attempt.
   *
   * @param fn is told how it ended; where it is given, no further attempts are made by themselves
   */
  open(fn?: (err?: Error) => void): this {
    if (this._readyState !== "closed") return this;
    if (__DEBUG__) debug("opening %s", this.uri);
    this.engine = this._createEngine(this.uri, { ...this.opts, timeout: this._settings.timeout });
    this._readyState = "opening";
    this.skipReconnect = false;
    const fail = (error: any) => {
      const isAttempt = this._readyState === "opening";
      const again = this._reconnecting;
      if (isAttempt) this._detach();
      this._tell("error", error);
      if (!isAttempt) return;
      if (again || !fn) this._reconnect(true);
      if (again) announce(this, ["reconnect_error", error]);
      if (fn) callUser(fn, null, [error]);
    };
    this.engine.receiver = {
      open: () => {
        this._stopWaiting!();
        this._readyState = "open";
        const attempt = this._reconnecting && this.backoff.attempts;
        this._reconnecting = false;
        this.backoff.reset();
        this._tell("open");
        if (attempt) announce(this, ["reconnect", attempt]);
        if (fn) callUser(fn, null, []);
      },
      data: (data) => {
        try {
          this.decoder.add(data);
        } catch (fault) {
          this._end("parse error", fault);
        }
      },
      ping: () => announce(this, ["ping"]),
      error: fail,
      close: (reason, description) => {
        if (this._readyState === "opening") fail(new Error(reason));
        else this._end(reason, description);
      },
    };
    this._wait(this._settings.timeout, () => fail(new Error("timeout")));
    return this;
  }

  /** The same as {@link open}. */
  connect(fn?: (err?: Error) => void): this {
    return this.open(fn);
  }

  /** The Socket for a namespace: the one that exists, connected again if need be, or a new one. */
  socket<Listen extends EventsMap = ListenEvents, Emit extends EventsMap = EmitEvents>(
    nsp: string,
    opts?: Partial<SocketOptions>,
  ): Socket<Listen, Emit> {
    const known = this.nsps[nsp];
    if (!known) return (this.nsps[nsp] = new Socket<any, any>(this as any, nsp, opts)) as Socket<Listen, Emit>;
    if (this._autoConnect && !known.active) known.connect();
    return known as Socket<Listen, Emit>;
  }

  /** @internal A timer that keeps no process alive if `autoUnref` says so; returns what stops it. No delay: no timer. */
  _after(delayMs: number | false | undefined, run: () => void): () => void {
    if (delayMs === undefined || delayMs === false) return () => {};
    const timer = this.setTimeoutFn(run, delayMs);
    if (this.opts.autoUnref) (timer as { unref?(): void }).unref?.();
    return () => this.clearTimeoutFn(timer);
  }

  /** @internal Sends a packet, unless it is larger than the server takes: returns that as an error. */
  _packet(packet: Packet & OutgoingPacket): Error | undefined {
    const { engine } = this;
    const chunks = this.encoder.encode(packet);
    for (const chunk of chunks) {
      const bytes = engine._excess(chunk);
      if (bytes)
        return limitError("ERR_TOO_LARGE", packet.data?.[0], bytes, `maxPayload (${engine._maxPayload} bytes)`);
    }
    for (const chunk of chunks) engine.write(chunk, packet.options);
    return undefined;
  }

  /** @internal A Socket became inactive: closes the connection if it was the last one. */
  _destroy(_socket: Socket<any, any>): void {
    if (!Object.values(this.nsps).some((socket) => socket.active)) this._close();
  }

  /** @internal Closes for good: until something is opened again. */
  _close(): void {
    this.skipReconnect = true;
    this._reconnecting = false;
    this._end("forced close");
  }

  /** @internal The engine of one attempt. Tests connect others. */
  abstract _createEngine(uri: string | undefined, opts: Options): Engine;

  private disconnect(): void {
    this._close();
  }

  private _end(reason: string, description?: unknown): void {
    if (__DEBUG__) debug("closed (%s)", reason);
    this._detach();
    this.backoff.reset();
    this._tell("close", reason, description);
    this._reconnect();
  }

  /** Whatever the engine may still have to say, nobody hears. */
  private _detach(): void {
    this._stopWaiting?.();
    this._readyState = "closed";
    this.decoder.destroy();
    const { engine } = this;
    if (!engine) return;
    engine.receiver = null;
    engine.close();
  }

  /** @param again counts as the next attempt of those under way */
  private _reconnect(again?: boolean): void {
    const { backoff } = this;
    if (again) this._reconnecting = false;
    if (!this._settings.reconnection || this.skipReconnect || this._readyState !== "closed" || this._reconnecting)
      return;
    if (backoff.exhausted) {
      backoff.reset();
      announce(this, ["reconnect_failed"]);
      return;
    }
    const delayMs = backoff.duration();
    if (__DEBUG__) debug("next attempt in %d ms", delayMs);
    this._reconnecting = true;
    const attempt = () => {
      this._stopWaiting!();
      announce(this, ["reconnect_attempt", backoff.attempts]);
      // A listener may have closed the Manager.
      if (this._reconnecting) this.open();
    };
    this._wait(delayMs, attempt, onWake(attempt));
  }

  /** @param stop is called as well when the wait ends */
  private _wait(delayMs: number | false, run: () => void, stop?: () => void): void {
    this._stopWaiting?.();
    const stopTimer = this._after(delayMs, run);
    this._stopWaiting = () => {
      stopTimer();
      stop?.();
    };
  }

  /** Tells the active Sockets first, then who listens to the Manager. */
  private _tell(...event: [name: "open" | "error" | "close", reason?: unknown, description?: unknown]): void {
    for (const socket of Object.values(this.nsps)) {
      if (socket.active) socket._hear(...event);
    }
    announce(this, event);
  }
}

const SETTINGS = [
  "reconnectionAttempts",
  "reconnectionDelay",
  "reconnectionDelayMax",
  "randomizationFactor",
  "timeout",
] as const;
for (const name of SETTINGS) {
  // `any`: each method has the type of its declaration above.
  (ManagerBase.prototype as any)[name] = function (this: { _settings: any }, value?: unknown) {
    if (value === undefined) return this._settings[name];
    this._settings[name] = value;
    return this;
  };
}
