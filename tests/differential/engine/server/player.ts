import { createServer, type Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import type { Socket as ClientSocket } from "engine.io-client";
import type { Engine, EngineClass, EngineSocket } from "../../../conformance/engine/engine.ts";
import { FaultyProxy } from "../../../support/faulty-proxy.ts";
import { listen, portOf } from "../../../support/listening.ts";
import { type Log, shown } from "../log.ts";
import type { Network } from "../../network.ts";
import type { Player } from "../role.ts";
import { engineOf, isRefusedLate, onceTooLarge, real } from "./engine-of.ts";
import { RawPeer } from "./peers.ts";
import type { Act, ClientAct, Data, NetworkAct, RawAct, ServerAct, Setting } from "./program.ts";
import { UpgradeByBytes } from "./upgrade-by-bytes.ts";
import { Watch } from "./watch.ts";

const peers = createRequire(new URL("../../../../peers/package.json", import.meta.url));
const { Socket } = peers("engine.io-client") as typeof import("engine.io-client");

/** So many reactions may come of one step: programs may go round in circles. */
const MAX_REACTIONS = 20;

/** Longer than upstream's server takes to release a hanging poll (docs/differences.md). */
const RELEASE_MS = 110;

export class ServerPlayer implements Player<Act> {
  readonly #engine: Engine;
  readonly #http: HttpServer;
  readonly #log: Log;
  readonly #network: Network;
  readonly #watch: Watch;
  readonly #path: string;
  readonly #clients: { readonly who: string; readonly it: ClientSocket }[] = [];
  readonly #raw: RawPeer[] = [];
  readonly #upgrades: UpgradeByBytes[] = [];
  /** The ways of those that are far, by their names. */
  readonly #ways = new Map<string, FaultyProxy>();
  /** Those whose bodies were too large, of which nothing is noted until their sessions have ended with both (docs/differences.md). */
  readonly #muted = new Set<string>();
  #areEnding = false;
  readonly #setting: Setting;
  #reactions = 0;
  #callbacks = 0;
  #who = 0;

  static async start(Server: EngineClass, setting: Setting, log: Log, network: Network): Promise<ServerPlayer> {
    const http = createServer((_req, res) => void res.writeHead(404).end("app"));
    const engine = engineOf(Server, setting, http);
    await listen(http);
    return new ServerPlayer(engine, http, setting, log, network);
  }

  private constructor(engine: Engine, http: HttpServer, setting: Setting, log: Log, network: Network) {
    this.#engine = engine;
    this.#http = http;
    this.#log = log;
    this.#setting = setting;
    this.#network = network;
    this.#watch = new Watch(engine, log, setting.listensToAll);
    const { path = "/engine.io", addTrailingSlash = true } = setting.attach as {
      path?: string;
      addTrailingSlash?: boolean;
    };
    this.#path = path.replace(/\/$/, "") + (addTrailingSlash ? "/" : "");
    onceTooLarge(http, (who) => {
      this.#muted.add(who);
      // But the answer itself.
      log.mute(`too large: ${who}`, new RegExp(`\\b${who}\\b(?!, post)`));
    });
  }

  async do(act: Act): Promise<void> {
    this.#reactions = 0;
    switch (act.do) {
      case "time":
        return this.#network.pass(act.ms);
      case "client": {
        if (isRefusedLate(this.#setting, 4, act.options["transports"] as string[])) return;
        await this.#open(act);
        // A client that finds a better transport has moved to it before anything else happens.
        return this.#released();
      }
      case "client sends":
        return this.#with(this.#clients, act.c, ({ who, it }) => {
          const mayOverrun = !this.#ways.has(who) && !this.#isClosing(who);
          for (const data of act.data) if (mayOverrun || isSmall(data)) it.send(real(data));
        });
      case "client closes":
        return this.#with(this.#clients, act.c, ({ it }) => void it.close());
      case "raw opens": {
        if (isRefusedLate(this.#setting, act.revision, [act.over])) return;
        return this.#openRaw(act);
      }
      case "raw polls":
        return this.#withRaw(act.r, (peer) => peer.poll(act.query));
      case "raw posts":
        return this.#withRaw(act.r, (peer) => peer.post(act, act.isChunked, this.#isClosing(peer.who)));
      case "raw begins":
        return this.#withRaw(act.r, (peer) => {
          if (!this.#isClosing(peer.who)) peer.begin(act);
        });
      case "raw goes on":
        return this.#withRaw(act.r, (peer) => peer.goOn(act.how));
      case "raw asks":
        return this.#withRaw(act.r, (peer) => peer.request(act.method));
      case "raw aborts":
        return this.#withRaw(act.r, (peer) => peer.abort());
      case "raw probes":
        if (!this.#mayUpgrade) return;
        return this.#withRaw(act.r, (peer) => peer.probe(act.frames, () => this.#released()));
      case "raw sends":
        return this.#withRaw(act.r, (peer) => peer.send(act.frames, act.fragments, act.size));
      case "raw pings":
        return this.#withRaw(act.r, (peer) => peer.ping(act.data));
      case "raw upgrades":
        return this.#upgrade(act);
      case "network":
        return this.#disturb(act);
      case "raw leaves":
        return this.#withRaw(act.r, (peer) => peer.leave(act.how));
      default:
        this.#act(act);
    }
  }

  view(): void {
    for (const upgrade of this.#upgrades) upgrade.tell();
    this.#watch.view();
  }

  onQuiet(): boolean {
    if (this.#muted.size === 0) return false;
    const sockets = this.#watch.sockets.filter(({ request: { _query } }) => this.#muted.has(_query["who"]!));
    const open = sockets.filter(({ readyState }) => readyState !== "closed");
    if (open.length > 0 && !this.#areEnding) {
      for (const socket of open) socket.close(true);
      this.#areEnding = true;
      return true;
    }
    this.#areEnding = false;
    for (const who of this.#muted) this.#log.unmute(`too large: ${who}`);
    this.#muted.clear();
    return false;
  }

  close(): void {
    for (const { it } of this.#clients) it.close();
    for (const peer of this.#raw) peer.close();
    for (const upgrade of this.#upgrades) upgrade.close();
    for (const way of this.#ways.values()) way.close();
    this.#engine.close();
    this.#http.close();
  }

  #act(act: ServerAct): void {
    try {
      if (act.do === "close engine") {
        this.#engine.close();
        return;
      }
      this.#with(this.#watch.sockets, act.s, (socket) => this.#actOn(socket, act));
    } catch (error) {
      this.#log.add("caller", `thrown: ${String(error)}`);
    }
  }

  #actOn(socket: EngineSocket, act: ServerAct): void {
    if (this.#reactions++ > MAX_REACTIONS) return;
    switch (act.do) {
      case "send":
        if (typeof act.data !== "string" && act.data.bytes > 1e6) this.#stall(socket);
        for (let left = act.count; left > 0; left--) {
          const n = this.#callbacks++;
          const told = (transport: unknown): void => {
            this.#watch.tellSent(
              socket,
              "callback",
              `sent ${n} ${shown((transport as { name?: string } | undefined)?.name)}`,
            );
          };
          const result = socket[act.call](real(act.data), this.#optionsOf(act), act.callback ? told : undefined);
          if (result !== socket) this.#log.add("caller", `${act.call} gives ${shown(result)}`);
        }
        return;
      case "close":
        if (this.#mayClose(socket, act.discard)) socket.close(act.discard);
        return;
      case "when":
        this.#onceTold(socket, act.event, () => this.#actOn(socket, act.reaction));
    }
  }

  /** Upstream's says at once that it is out, ours once it is. */
  #stall(socket: EngineSocket): void {
    const who = this.#watch.nameOf(socket);
    this.#log.mute(`stalled: ${who}`, new RegExp(`^(?:drain|callback) of ${who}$`));
  }

  #optionsOf({ data, options }: ServerAct & { do: "send" }): object | undefined {
    // docs/differences.md: upstream's compresses all the same.
    if (options?.compress === false && this.#setting.options["perMessageDeflate"]) return {};
    if (options?.isPreEncoded !== true) return options;
    if (typeof data !== "string" || Buffer.byteLength(data) > 100) return {};
    const payload = Buffer.from(`4${data}`);
    return { wsPreEncodedFrame: [Buffer.from([0x81, payload.length]), payload] };
  }

  #onceTold(socket: EngineSocket, event: string, react: () => void): void {
    socket.once(event, (told: unknown) => {
      // Upstream's does not tell of a close packet over polling.
      if (event === "packet" && (told as { type: string }).type === "close")
        return this.#onceTold(socket, event, react);
      // By then upstream's has told of a drain that came at once, and ours in the next tick: who sends in the midst of it nests.
      if (event === "drain") process.nextTick(react);
      else react();
    });
  }

  async #open({ options, isFar }: ClientAct & { do: "client" }): Promise<void> {
    const who = `client${this.#who++}`;
    const it = new Socket(`http://127.0.0.1:${await this.#portOf(who, isFar)}`, {
      path: this.#path,
      ...options,
      addTrailingSlash: this.#path.endsWith("/"),
      query: { who },
    });
    this.#clients.push({ who, it });
    const tell = (what: string): void => this.#log.add(who, what);
    it.on("open", () => tell(`open ${it.transport.name}`));
    it.on("message", (data) => tell(`message ${shown(data)}`));
    it.on("ping", () => tell("ping"));
    it.on("upgrade", ({ name }) => tell(`upgrade ${name}`));
    it.on("upgradeError", ({ message }) => tell(`upgradeError ${message}`));
    it.on("error", (error) => tell(`error ${String(error)}`));
    it.on("close", (reason) => tell(`close ${reason}`));
  }

  async #openRaw(act: RawAct & { do: "raw opens" }): Promise<void> {
    const who = `raw${this.#who++}`;
    const limit = this.#setting.options["maxHttpBufferSize"] as number;
    const tell = (request: string, what: string): void => this.#log.add(`${who}, ${request}`, what);
    this.#raw.push(new RawPeer(await this.#portOf(who, act.isFar), this.#path, who, act, limit, tell));
  }

  async #portOf(who: string, isFar: boolean): Promise<number> {
    if (!isFar) return portOf(this.#http);
    const way = await FaultyProxy.start(portOf(this.#http));
    this.#ways.set(who, way);
    return way.port;
  }

  #upgrade({ method, path, query, headers }: RawAct & { do: "raw upgrades" }): void {
    if (isRefusedLate(this.#setting, 4, ["websocket"])) return;
    const who = `bytes${this.#who++}`;
    const target = `${path || this.#path}?${new URLSearchParams({ who, ...query }).toString()}`;
    this.#upgrades.push(
      new UpgradeByBytes(portOf(this.#http), method, target, headers, (what) => this.#log.add(who, what)),
    );
  }

  #disturb({ of, at, call }: NetworkAct): void {
    const far = (of === "client" ? this.#clients : this.#raw).filter(({ who }) => this.#ways.has(who));
    this.#with(far, at, ({ who }) => this.#ways.get(who)![call]());
  }

  /**
   * Upstream's does not end at once what waits for a GET to end (row E-44), and calls it an error if a POST is on its way then (protocols.md 1.10).
   */
  #mayClose(socket: EngineSocket, discard: boolean): boolean {
    if (socket.transport.name !== "polling") return true;
    const who = socket.request._query["who"];
    return discard ? socket.readyState !== "closing" : !this.#raw.some((peer) => peer.who === who && peer.isPosting);
  }

  /** Whether a session waits for a request to end with. */
  #isClosing(who: string): boolean {
    return this.#watch.sockets.some(
      ({ readyState, request }) => readyState === "closing" && request._query["who"] === who,
    );
  }

  /** With heartbeats nobody may (see draw.ts). */
  get #mayUpgrade(): boolean {
    return this.#setting.options["pingInterval"] === 1e8;
  }

  /** A hanging poll is released that hinders an upgrade. */
  #released(): Promise<void> {
    return this.#network.pass(this.#mayUpgrade ? RELEASE_MS : 0);
  }

  async #withRaw(index: number, use: (peer: RawPeer) => void | Promise<void>): Promise<void> {
    const peer = this.#raw[index % this.#raw.length];
    if (peer === undefined) return;
    await use(peer);
    if (peer.isUpgrading) await this.#released();
  }

  #with<T>(list: readonly T[], index: number, use: (one: T) => void): void {
    const one = list[index % list.length];
    if (one !== undefined) use(one);
  }
}

/** Whatever it is sent with, it does not reach the limit. */
function isSmall(data: Data): boolean {
  return (typeof data === "string" ? data.length : data.bytes) < 200;
}
