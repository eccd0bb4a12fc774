import { createServer, type Server as HttpServer } from "node:http";
import type { Socket } from "engine.io-client";
import type { Engine, EngineSocket } from "../../../conformance/engine/engine.ts";
import { MAKERS } from "../../../conformance/engine/makers.ts";
import { FaultyProxy } from "../../../support/faulty-proxy.ts";
import { listen } from "../../../support/listening.ts";
import { type Log, shown } from "../log.ts";
import type { Network } from "../../network.ts";
import type { Player } from "../role.ts";
import { real } from "../server/engine-of.ts";
import type { Act, ClientAct, Setting } from "./program.ts";

type SocketClass = typeof Socket;

/** So many reactions may come of one step: programs may go round in circles. */
const MAX_REACTIONS = 20;

export class ClientPlayer implements Player<Act> {
  readonly #Socket: SocketClass;
  readonly #log: Log;
  readonly #network: Network;
  readonly #http: HttpServer;
  readonly #engine: Engine;
  readonly #proxy: FaultyProxy;
  readonly #clients: { readonly name: string; readonly it: Socket }[] = [];
  /** Of those whose last packet was a close packet. Upstream's do not tell of it over polling, nor of the heartbeat that it is. */
  readonly #leaving = new WeakSet<Socket>();
  readonly #servers: EngineSocket[] = [];
  #lastView = "";
  #reactions = 0;
  #callbacks = 0;
  /** Whether requests have piled up: which of them fails first is nobody's business. */
  #wasHeld = false;

  static async start(Class: SocketClass, setting: Setting, log: Log, network: Network): Promise<ClientPlayer> {
    Class.priorWebsocketSuccess = false;
    const http = createServer((_req, res) => void res.writeHead(404).end("app"));
    const engine = new MAKERS.upstream.Server(setting.server);
    engine.attach(http);
    const port = await listen(http);
    const proxy = await FaultyProxy.start(port);
    return new ClientPlayer(Class, log, network, http, engine, proxy);
  }

  private constructor(
    Class: SocketClass,
    log: Log,
    network: Network,
    http: HttpServer,
    engine: Engine,
    proxy: FaultyProxy,
  ) {
    this.#Socket = Class;
    this.#log = log;
    this.#network = network;
    this.#http = http;
    this.#engine = engine;
    this.#proxy = proxy;
    engine.use((req, _res, next) => {
      const { who, t: _t, sid, stamp, ...query } = req._query;
      const { "x-own": own, accept, cookie, "content-type": type } = req.headers;
      const isHandshake = sid === undefined;
      if (isHandshake)
        log.add(
          `requests of ${who}`,
          `${req.method} ${shown({ query, stamp: typeof stamp, own, accept, cookie, type, path: new URL(req.url!, "http://x").pathname })}`,
        );
      next();
    });
    engine.on("connection", (socket: EngineSocket) => this.#attend(socket));
  }

  async do(act: Act): Promise<void> {
    this.#reactions = 0;
    switch (act.do) {
      case "time":
        return this.#network.pass(act.ms);
      case "network":
        this.#wasHeld ||= act.call === "hold";
        this.#proxy[act.call]();
        // Who was kept waiting may find a better transport now.
        return act.call === "forward" ? this.#network.pass(110) : undefined;
      case "open":
        this.#open(act);
        // Until it has found a better transport: who does something meanwhile races.
        return this.#network.pass(110);
      case "server sends":
        return this.#with(this.#servers, act.c, (socket) => act.data.forEach((data) => socket.send(real(data))));
      case "server closes":
        return this.#with(this.#servers, act.c, (socket) => void socket.close(act.discard));
      default:
        this.#with(this.#clients, act.c, ({ name, it }) => this.#act(name, it, act));
    }
  }

  view(): void {
    const lines = this.#clients.map(({ name, it }) => {
      const { id, readyState, binaryType, upgrading, transports, hostname, secure } = it;
      const transport = (it.transport as { name: string } | undefined)?.name;
      return `${name}: ${shown({ id: typeof id, readyState, binaryType, state: upgrading ? "upgrading" : "", transports, hostname, secure, transport })}`;
    });
    // Upstream's takes it for a success before the upgrade is over.
    const isUpgrading = this.#clients.some(({ it }) => it.upgrading);
    const view = [isUpgrading ? "" : `prior: ${this.#Socket.priorWebsocketSuccess}`, ...lines].join("\n");
    if (view !== this.#lastView) for (const line of view.split("\n")) this.#log.add("view", line);
    this.#lastView = view;
  }

  close(): void {
    for (const { it } of this.#clients) it.close();
    this.#engine.close();
    this.#http.close();
    this.#proxy.close();
  }

  #act(name: string, it: Socket, act: ClientAct): void {
    if (this.#reactions++ > MAX_REACTIONS) return;
    try {
      this.#actOn(name, it, act);
    } catch (error) {
      this.#log.add("caller", `thrown: ${String(error)}`);
    }
  }

  #actOn(name: string, it: Socket, act: ClientAct): void {
    switch (act.do) {
      case "send":
        for (let left = act.count; left > 0; left--) {
          const n = this.#callbacks++;
          const told = (): void => this.#log.add(`callbacks of ${name}`, `sent ${n}`);
          const result = it[act.call](real(act.data), act.options, act.callback ? told : undefined);
          if (result !== it) this.#log.add("caller", `${act.call} gives ${shown(result)}`);
        }
        return;
      case "close":
        if (it.close() !== it) this.#log.add("caller", "close gives something else");
        return;
      case "binaryType":
        it.binaryType = act.value;
        return;
      case "when":
        this.#onceTold(it, act.event, () => this.#act(name, it, act.reaction));
    }
  }

  #onceTold(it: Socket, event: string, react: () => void): void {
    it.once(event as "open", () => {
      if ((event === "packet" || event === "heartbeat") && this.#leaving.has(it)) this.#onceTold(it, event, react);
      else react();
    });
  }

  #open({ form, options }: ClientAct & { do: "open" }): void {
    const name = `client ${this.#clients.length}`;
    const { port } = this.#proxy;
    const all = { ...options, query: { who: name, ...(options["query"] as object) } };
    const address = { hostname: "127.0.0.1", port, secure: false };
    try {
      const it =
        form === "options"
          ? new this.#Socket({ ...address, ...all })
          : form === "null and options"
            ? new this.#Socket(null, { ...address, ...all })
            : new this.#Socket(`http://127.0.0.1:${port}`, all);
      this.#clients.push({ name, it });
      this.#watch(name, it);
    } catch (error) {
      this.#log.add("caller", `thrown: ${String(error)}`);
    }
  }

  #watch(name: string, it: Socket): void {
    const tell = (what: string): void => this.#log.add(name, what);
    it.on("open", () => tell(`open ${it.readyState} ${it.transport.name}`));
    it.on("handshake", (handshake) => tell(`handshake ${shown(handshake)}`));
    it.on("packet", ({ type, data }) => {
      if (type === "close") this.#leaving.add(it);
      else tell(`packet ${type} ${shown(data || undefined)}`);
    });
    it.on("packetCreate", ({ type, data, options }) =>
      tell(`packetCreate ${type} ${shown(data || undefined)} ${options?.compress !== false}`),
    );
    it.on("data", (data) => tell(`data ${shown(data)}`));
    it.on("message", (data) => tell(`message ${shown(data)}`));
    // Not how packets are made into batches: our WebSocket takes one at once, upstream's in the next tick.
    for (const event of ["ping", "pong", "heartbeat"] as const) {
      it.on(event, () => {
        if (!this.#leaving.has(it)) tell(event);
      });
    }
    it.on("upgrading", (transport) => tell(`upgrading ${transport.name} ${it.upgrading}`));
    it.on("upgrade", (transport) => tell(`upgrade ${transport.name} ${it.transport.name}`));
    it.on("upgradeError", (error) => tell(`upgradeError ${shown(error)}`));
    it.on("error", (error) => {
      const text = shown(error);
      tell(`error ${this.#wasHeld ? text.replace(/xhr (?:poll|post)/, "xhr") : text}`);
    });
    it.on("close", (reason, description) => tell(`close ${reason} ${typeof description} ${it.readyState} ${it.id}`));
  }

  #attend(socket: EngineSocket): void {
    this.#servers.push(socket);
    const name = `server of ${socket.request._query["who"]}`;
    socket.on("message", (data) => this.#log.add(name, `message ${shown(data)}`));
    socket.on("close", (reason) => this.#log.add(name, `close ${reason}`));
    socket.on("upgrade", ({ name: transport }) => this.#log.add(name, `upgrade ${transport}`));
  }

  #with<T>(list: readonly T[], index: number, use: (one: T) => void): void {
    const one = list[index % list.length];
    if (one !== undefined) use(one);
  }
}
