import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { Server } from "socket.io";
import { type ClientLibrary, type Maker, loadClient, loadServer } from "../../interop/implementations.ts";
import { CELLS } from "../../conformance/server/makers.ts";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import { listen, portOf } from "../../support/listening.ts";
import { Network } from "../network.ts";
import { Application } from "./application.ts";
import type { Log } from "./log.ts";
import { parserOf } from "../server/parsers.ts";
import type { ParserName } from "../server/program.ts";
import type { Setting } from "./program.ts";

function parserFor(name: ParserName, maker: Maker): ReturnType<typeof parserOf> {
  return parserOf(name, maker, CELLS.find((cell) => cell.maker === maker)!.parser);
}

const HEARTBEAT = { pingInterval: 120, pingTimeout: 80 };

/** Where a program runs: upstream's server, a network and a clock. */
export class World {
  readonly app: Application;
  readonly proxy: FaultyProxy;
  /** Another one for each: `io()` keeps its Managers, and ports come again. */
  readonly path: string;
  readonly #parser: ParserName;
  static #worlds = 0;
  readonly #http: HttpServer;
  readonly #io: Server;
  readonly #network: Network;
  /** Probes of a better transport: they come after all else, so that no race decides what travels how. */
  readonly #probes: (() => void)[];

  static async start(setting: Setting, log: Log): Promise<World> {
    const probes: (() => void)[] = [];
    const network = new Network(log, () => {
      const probe = probes.shift();
      probe?.();
      return probe !== undefined;
    });
    const http = createServer();
    const { Server } = loadServer("upstream");
    const path = `/world-${World.#worlds++}`;
    const parser = parserFor(setting.parser, "upstream");
    const io = new Server(http, {
      ...(parser && { parser }),
      ...HEARTBEAT,
      path,
      httpCompression: false,
      ...(setting.recovery && { connectionStateRecovery: { maxDisconnectionDuration: 5000 } }),
    });
    await listen(http);
    const proxy = await FaultyProxy.start(portOf(http));
    return new World(log, http, io, proxy, network, probes, path, setting.parser);
  }

  private constructor(
    log: Log,
    http: HttpServer,
    io: Server,
    proxy: FaultyProxy,
    network: Network,
    probes: (() => void)[],
    path: string,
    parser: ParserName,
  ) {
    this.#parser = parser;
    this.#http = http;
    this.#io = io;
    this.proxy = proxy;
    this.#network = network;
    this.#probes = probes;
    this.path = path;
    this.app = new Application(io, log);
    io.engine.use(({ headers, url }: IncomingMessage, _res: ServerResponse, next: () => void) => {
      if (headers.upgrade !== undefined && url!.includes("sid=")) this.#probes.push(next);
      else next();
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  /** The parser that goes with a client. */
  parserFor({ Manager }: ClientLibrary): ReturnType<typeof parserOf> {
    return parserFor(this.#parser, Manager === loadClient("ours").Manager ? "ours" : "upstream");
  }

  /** Everything that is under way arrives, and what that causes. */
  settle(): Promise<void> {
    return this.#network.settle();
  }

  /** Time goes on; whatever happens comes to its end before the next ms. */
  pass(ms: number): Promise<void> {
    return this.#network.pass(ms);
  }

  async close(): Promise<void> {
    this.proxy.close();
    this.#http.close();
    void this.#io.close().catch(() => {});
    await this.#network.close();
  }
}
