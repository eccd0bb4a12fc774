import assert from "node:assert/strict";
import { createServer, type Server as HttpServer } from "node:http";
import type { Socket as NetSocket } from "node:net";
import type { Namespace, Server, ServerOptions, Socket } from "socket.io";
import type { ManagerOptions, Socket as ClientSocket, SocketOptions } from "socket.io-client";
import { listen, portOf } from "../../support/listening.ts";
import { http, RawPolling, type HttpAnswer } from "../../support/raw-peer.ts";
import { VirtualTime, within } from "../engine/virtual-time.ts";
import { client, type Cell } from "./makers.ts";
import { Peer } from "./peer.ts";

/** For one behaviour; each takes some 10 ms. Long, since the machine may be busy. */
const LIMIT_MS = Number(process.env["CONFORMANCE_LIMIT"] ?? 20_000);

/** How many turns of the event loop show that nothing more happens on the way between two ends in this process. */
const QUIET_TURNS = 40;

/** A socket of the server, with the peer that speaks for its client. */
export interface Joined {
  readonly socket: Socket;
  readonly peer: Peer;
}

/**
 * The servers, peers and clients of one behaviour; all of them are closed when it ends. Time stands still until
 * {@link clock} is advanced: what a behaviour has to wait for are events.
 */
export class Stage {
  static async run(cell: Cell, run: (stage: Stage) => Promise<void> | void): Promise<void> {
    VirtualTime.install().reset();
    const stage = new Stage(cell);
    try {
      await within(LIMIT_MS, Promise.resolve(run(stage)));
    } finally {
      await within(LIMIT_MS, stage.#close());
    }
  }

  readonly cell: Cell;
  readonly clock = VirtualTime.install();
  readonly #closers: (() => unknown)[] = [];
  #restore: (() => void) | undefined;
  readonly #rejections: unknown[] = [];
  #newest: HttpServer | undefined;

  private constructor(cell: Cell) {
    this.cell = cell;
  }

  get maker(): Cell["maker"] {
    return this.cell.maker;
  }

  /** What `require("socket.io")` gives. */
  get library(): Cell["library"] {
    return this.cell.library;
  }

  /** Something to close at the end; the last one first. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** A server that is attached to nothing. It is closed at the end, like all that these methods give. */
  create(srv?: ConstructorParameters<Cell["library"]["Server"]>[0], options?: Partial<ServerOptions>): Server {
    // How many arguments there are may matter.
    const io = options === undefined ? new this.library.Server(srv) : new this.library.Server(srv, options);
    return this.keep(io);
  }

  keep(io: Server): Server {
    // Rejects at upstream's if nothing was ever attached.
    this.defer(() => io.close().catch(() => undefined));
    return io;
  }

  /** An HTTP server on a free port. */
  async http(server: HttpServer = createServer()): Promise<HttpServer> {
    // Of connections that were handed over for an upgrade, the server knows nothing more.
    const connections = new Set<NetSocket>();
    server.on("connection", (connection: NetSocket) => connections.add(connection));
    this.defer(() => {
      server.close();
      for (const connection of connections) connection.destroy();
    });
    if (!server.listening) await listen(server);
    this.#newest = server;
    return server;
  }

  /** A server on a free port. */
  async serve(options: Partial<ServerOptions> = {}): Promise<Server> {
    return this.create(await this.http(), options);
  }

  /** Port of a server; without one, of the newest that this stage has made. */
  port(server: HttpServer | Server | undefined = this.#newest): number {
    assert.ok(server, "serve() comes first");
    const listening = "httpServer" in server ? (server.httpServer as HttpServer) : server;
    return portOf(listening);
  }

  /** A plain request to the newest server. */
  ask(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<HttpAnswer> {
    return http(this.port(), method, path, body, headers);
  }

  /** A WebSocket session that has not joined a namespace; its open packet has been read. */
  async peer(query = "", port: number = this.port(), path?: string): Promise<Peer> {
    const peer = await Peer.open(port, query, path);
    this.defer(() => peer.terminate());
    return peer;
  }

  /** A polling session that has not joined a namespace; its open packet has been read. */
  async polling(port: number = this.port()): Promise<RawPolling> {
    const peer = new RawPolling(port);
    await peer.handshake();
    return peer;
  }

  /** A peer that has joined a namespace, with the server's half of it. */
  async join(nsp: Namespace | Server, auth?: object, peer?: Peer): Promise<Joined> {
    const namespace = "engine" in nsp ? nsp.sockets : nsp;
    peer ??= await this.peer("", this.port(namespace.server));
    const { sid } = await peer.join(namespace.name, auth);
    const socket = namespace.sockets.get(sid);
    assert.ok(socket, "the server knows the id that it has answered");
    return { socket, peer };
  }

  /** A real client of the newest server. */
  client(target = "/", options: Partial<ManagerOptions & SocketOptions> = {}): ClientSocket {
    const socket = client.io(`http://127.0.0.1:${this.port()}${target}`, {
      forceNew: true,
      reconnection: false,
      transports: ["websocket"],
      ...options,
    });
    this.defer(() => socket.disconnect());
    return socket;
  }

  /** Arguments of the next such event. The limit of the behaviour bounds the wait. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as untyped as events are
  event(emitter: unknown, name: string): Promise<any[]> {
    return new Promise((resolve) => {
      (emitter as { once(name: string, listener: (...args: unknown[]) => void): void }).once(name, (...args) =>
        resolve(args),
      );
    });
  }

  /** Lets everything happen that is on its way between ends in this process: to see that nothing comes any more. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise(setImmediate);
  }

  /** How a promise stands once all is quiet. */
  async stateOf(promise: Promise<unknown>): Promise<"pending" | "resolved" | "rejected"> {
    let state: "pending" | "resolved" | "rejected" = "pending";
    promise.then(
      () => (state = "resolved"),
      () => (state = "rejected"),
    );
    await this.quiet();
    return state;
  }

  /** From now on, rejections that nobody handles end up here; otherwise they fail the test. */
  get unhandledRejections(): readonly unknown[] {
    this.#restore ??= takeOver("unhandledRejection", (reason) => this.#rejections.push(reason));
    return this.#rejections;
  }

  async #close(): Promise<void> {
    try {
      // All at once: a server waits for connections that are closed by somebody else here.
      await Promise.all(this.#closers.toReversed().map((close) => close()));
      // What was closed may still want to say so.
      this.clock.reset();
      await this.quiet();
    } finally {
      this.#restore?.();
    }
  }
}

/** Takes the place of the listeners that the test runner has for an event of the process. */
function takeOver(event: "unhandledRejection", listener: (reason: unknown) => void): () => void {
  const others = process.listeners(event);
  process.removeAllListeners(event);
  process.on(event, listener);
  return () => {
    process.removeAllListeners(event);
    for (const other of others) process.on(event, other);
  };
}

/** What is private in the types, and there at run time. */
// oxlint-disable-next-line typescript/no-explicit-any -- members that the types hide
export function insides(object: object): any {
  return object;
}
