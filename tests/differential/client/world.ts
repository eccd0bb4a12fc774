import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { Socket as NetSocket } from "node:net";
import type { Server } from "socket.io";
import { stopTime } from "../../conformance/client/time.ts";
import { loadServer } from "../../interop/implementations.ts";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import { Application } from "./application.ts";
import type { Log } from "./log.ts";
import type { Setting } from "./program.ts";

/** After so many turns of the event loop in which nothing moves, nothing is under way: all ends are in this process. */
const QUIET_TURNS = 12;

/** More turns than anything takes. */
const MAX_TURNS = 5000;

const HEARTBEAT = { pingInterval: 120, pingTimeout: 80 };

/** Where a program runs: upstream's server, a network and a clock. */
export class World {
  readonly app: Application;
  readonly proxy: FaultyProxy;
  /** Another one for each: `io()` keeps its Managers, and ports come again. */
  readonly path: string;
  static #worlds = 0;
  readonly #log: Log;
  readonly #http: HttpServer;
  readonly #io: Server;
  readonly #ends: Ends;
  /** Probes of a better transport: they come after all else, so that no race decides what travels how. */
  readonly #probes: (() => void)[] = [];
  readonly #clock = stopTime();

  static async start(setting: Setting, log: Log): Promise<World> {
    stopTime().reset();
    const http = createServer();
    const ends = new Ends();
    const { Server } = loadServer("upstream");
    const path = `/world-${World.#worlds++}`;
    const io = new Server(http, {
      ...HEARTBEAT,
      path,
      httpCompression: false,
      ...(setting.recovery && { connectionStateRecovery: { maxDisconnectionDuration: 5000 } }),
    });
    await new Promise<void>((resolve) => void http.listen(0, "127.0.0.1", resolve));
    const proxy = await FaultyProxy.start((http.address() as { port: number }).port);
    return new World(log, http, io, proxy, ends, path);
  }

  private constructor(log: Log, http: HttpServer, io: Server, proxy: FaultyProxy, ends: Ends, path: string) {
    this.#log = log;
    this.#http = http;
    this.#io = io;
    this.proxy = proxy;
    this.#ends = ends;
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

  /** Everything that is under way arrives, and what that causes. */
  async settle(): Promise<void> {
    let moved = this.#moved();
    let turns = 0;
    for (let still = 0; still < QUIET_TURNS; still++) {
      if (turns++ > MAX_TURNS) throw new Error("what was begun comes to no end");
      await new Promise(setImmediate);
      const now = this.#moved();
      if (now !== moved) still = -1;
      moved = now;
      const probe = still === QUIET_TURNS - 1 && this.#probes.shift();
      if (probe) {
        probe();
        still = -1;
      }
    }
  }

  /** Time goes on; whatever happens comes to its end before the next ms. */
  async pass(ms: number): Promise<void> {
    await this.settle();
    for (let left = ms; left > 0; left--) {
      const before = this.#moved();
      this.#clock.advance(1);
      await new Promise(setImmediate);
      if (this.#moved() !== before) await this.settle();
    }
  }

  async close(): Promise<void> {
    this.proxy.close();
    this.#http.close();
    this.#ends.destroy();
    void this.#io.close().catch(() => {});
    await this.settle();
    this.#ends.forget();
    this.#clock.reset();
  }

  /** Another number whenever something has happened. */
  #moved(): number {
    return this.#log.length + this.#ends.moved;
  }
}

/** Both ends of all connections: client, proxy and server are in this process. */
class Ends {
  readonly #sockets = new Set<NetSocket>();
  readonly #add = (message: unknown): void => void this.#sockets.add((message as { socket: NetSocket }).socket);

  constructor() {
    for (const channel of CHANNELS) subscribe(channel, this.#add);
  }

  /** Grows with each byte, and with each connection that begins or ends. */
  get moved(): number {
    let moved = 0;
    for (const { bytesRead, bytesWritten, connecting, destroyed } of this.#sockets) {
      moved += bytesRead + bytesWritten + (destroyed ? 3 : connecting ? 1 : 2);
    }
    return moved;
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  forget(): void {
    for (const channel of CHANNELS) unsubscribe(channel, this.#add);
  }
}

const CHANNELS = ["net.client.socket", "net.server.socket"];
