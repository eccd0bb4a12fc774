import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { Socket as ClientSocket } from "engine.io-client";
import { WebSocketServer } from "ws";
import type { Engine, EngineClass, EngineRequest, EngineSocket } from "../../../conformance/engine/engine.ts";
import { listen, portOf } from "../../../support/listening.ts";
import { type Log, shown } from "../log.ts";
import type { Network } from "../../network.ts";
import type { Player } from "../role.ts";
import { RawPeer } from "./peers.ts";
import type { Act, Data, ServerAct, Setting } from "./program.ts";
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
  readonly #clients: ClientSocket[] = [];
  readonly #raw: RawPeer[] = [];
  readonly #setting: Setting;
  #reactions = 0;
  #callbacks = 0;
  #who = 0;

  static async start(Server: EngineClass, setting: Setting, log: Log, network: Network): Promise<ServerPlayer> {
    const http = createServer((_req, res) => void res.writeHead(404).end("app"));
    const engine = new Server({
      ...setting.options,
      ...(setting.isByWs && { wsEngine: WebSocketServer }),
      ...corsOf(setting),
      ...allowRequestOf(setting),
    });
    configure(engine, setting);
    if (setting.byHand) {
      http.removeAllListeners("request");
      http.on("request", (req, res) => engine.handleRequest(req, res));
      http.on("upgrade", (req, socket, head) => engine.handleUpgrade(req, socket, head));
    } else engine.attach(http, setting.attach);
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
  }

  async do(act: Act): Promise<void> {
    this.#reactions = 0;
    switch (act.do) {
      case "time":
        return this.#network.pass(act.ms);
      case "client": {
        if (isRefusedLate(this.#setting, 4, act.options["transports"] as string[])) return;
        this.#open(act.options);
        // A client that finds a better transport has moved to it before anything else happens.
        return this.#released();
      }
      case "client sends":
        return this.#with(this.#clients, act.c, (it) => act.data.forEach((data) => it.send(real(data))));
      case "client closes":
        return this.#with(this.#clients, act.c, (it) => void it.close());
      case "raw opens": {
        if (isRefusedLate(this.#setting, act.revision, [act.over])) return;
        const who = `raw${this.#who++}`;
        this.#raw.push(
          new RawPeer(this.#port, this.#path, who, act, (request, what) => this.#log.add(`${who}, ${request}`, what)),
        );
        return;
      }
      case "raw polls":
        return this.#withRaw(act.r, (peer) => peer.poll(act.query));
      case "raw posts":
        return this.#withRaw(act.r, (peer) => peer.post(act.units, act.type));
      case "raw asks":
        return this.#withRaw(act.r, (peer) => peer.request(act.method));
      case "raw aborts":
        return this.#withRaw(act.r, (peer) => peer.abort());
      case "raw probes":
        if (this.#setting.options["allowUpgrades"] === false) return;
        return this.#withRaw(act.r, (peer) => peer.probe(act.frames, () => this.#released()));
      case "raw sends":
        return this.#withRaw(act.r, (peer) => peer.send(act.frames));
      case "raw leaves":
        return this.#withRaw(act.r, (peer) => peer.leave(act.how));
      default:
        this.#act(act);
    }
  }

  view(): void {
    this.#watch.view();
  }

  close(): void {
    for (const it of this.#clients) it.close();
    for (const peer of this.#raw) peer.close();
    this.#engine.close();
    this.#http.close();
  }

  get #port(): number {
    return portOf(this.#http);
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
        for (let left = act.count; left > 0; left--) {
          const n = this.#callbacks++;
          const told = (transport: unknown): void => {
            this.#watch.tellSent(
              socket,
              "callback",
              `sent ${n} ${shown((transport as { name?: string } | undefined)?.name)}`,
            );
          };
          const result = socket[act.call](real(act.data), optionsOf(act), act.callback ? told : undefined);
          if (result !== socket) this.#log.add("caller", `${act.call} gives ${shown(result)}`);
        }
        return;
      case "close":
        socket.close(act.discard);
        return;
      case "when":
        this.#onceTold(socket, act.event, () => this.#actOn(socket, act.reaction));
    }
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

  #open(options: Readonly<Record<string, unknown>>): void {
    const who = `client${this.#who++}`;
    const it = new Socket(`http://127.0.0.1:${this.#port}`, {
      path: this.#path,
      ...options,
      addTrailingSlash: this.#path.endsWith("/"),
      query: { who },
    });
    this.#clients.push(it);
    const tell = (what: string): void => this.#log.add(who, what);
    it.on("open", () => tell(`open ${it.transport.name}`));
    it.on("message", (data) => tell(`message ${shown(data)}`));
    it.on("ping", () => tell("ping"));
    it.on("upgrade", ({ name }) => tell(`upgrade ${name}`));
    it.on("upgradeError", ({ message }) => tell(`upgradeError ${message}`));
    it.on("error", (error) => tell(`error ${String(error)}`));
    it.on("close", (reason) => tell(`close ${reason}`));
  }

  /** A hanging poll is released that hinders an upgrade. */
  #released(): Promise<void> {
    return this.#network.pass(this.#setting.options["allowUpgrades"] === false ? 0 : RELEASE_MS);
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

function optionsOf({ data, options }: ServerAct & { do: "send" }): object | undefined {
  if (options?.isPreEncoded !== true) return options;
  if (typeof data !== "string" || Buffer.byteLength(data) > 100) return {};
  const payload = Buffer.from(`4${data}`);
  return { wsPreEncodedFrame: [Buffer.from([0x81, payload.length]), payload] };
}

function corsOf({ cors: kind }: Setting): object {
  type Callback = (error: Error | null, value?: unknown) => void;
  switch (kind) {
    case "plain":
      return {};
    case "function of origin":
      return {
        cors: {
          origin: (origin: string | undefined, done: Callback) => done(null, origin === "http://a"),
          credentials: true,
        },
      };
    case "function":
      return { cors: (req: EngineRequest, done: Callback) => done(null, { origin: req.headers.origin ?? "*" }) };
    case "function that fails":
      return { cors: (_req: EngineRequest, done: Callback) => done(new Error("no cors")) };
  }
}

function allowRequestOf({ allowRequest: kind }: Setting): object {
  if (kind === "none") return {};
  type Answer = (message: string | null | undefined, success: boolean) => void;
  const allowRequest = (_req: unknown, answer: Answer): void => {
    const isAllowed = kind === "yes" || kind === "later";
    const say = (): void => answer(kind === "no text" ? "go away" : null, isAllowed);
    if (kind.endsWith("later")) setImmediate(say);
    else say();
  };
  return { allowRequest };
}

function configure(engine: Engine, { generateId, middleware }: Setting): void {
  let ids = 0;
  // One that is in use is refused here.
  const idOf = ({ _query: { who } }: EngineRequest): string => `own-${who}-${ids++}`;
  const makers: Record<string, (req: EngineRequest) => unknown> = {
    text: idOf,
    promise: (req) => Promise.resolve(idOf(req)),
    rejects: () => Promise.reject(new Error("no id")),
    throws: () => {
      throw new Error("no id");
    },
  };
  if (generateId !== "none") engine.generateId = makers[generateId] as Engine["generateId"];
  if (middleware === "none") return;
  engine.use((_req, res, next) => {
    switch (middleware) {
      case "header":
        res.setHeader("x-own", "1");
        return next();
      case "refuses":
        return next(new Error("no"));
      case "answers":
        res.writeHead(503);
        (res as unknown as ServerResponse).end("busy");
        return;
      case "later":
        setImmediate(next);
        return;
      default:
        next();
    }
  });
}

export function real(data: Data): unknown {
  if (typeof data === "string") return data;
  const bytes = Buffer.from(Array.from({ length: data.bytes }, (_none, at) => at + 1));
  if (data.as === "Buffer") return bytes;
  const view = new Uint8Array(bytes);
  return data.as === "Uint8Array" ? view : view.buffer;
}

/** docs/differences.md: WebSockets that are refused for their version or since there is no id learn of it before the 101. */
function isRefusedLate(
  { generateId, options: { allowEIO3 } }: Setting,
  revision: 3 | 4,
  transports: readonly string[],
): boolean {
  const isRefused = generateId === "throws" || generateId === "rejects" || (revision === 3 && allowEIO3 !== true);
  return isRefused && transports.includes("websocket");
}
