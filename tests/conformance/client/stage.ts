import assert from "node:assert/strict";
import { createServer, type Server as HttpServer } from "node:http";
import type { Socket as NetSocket } from "node:net";
import type { TestContext } from "node:test";
import type { Server, ServerOptions, Socket as ServerSocket } from "socket.io";
import type { Manager, ManagerOptions, Socket, SocketOptions } from "socket.io-client";
import { PollingServer } from "../../../packages/engine.io-client/test/support/polling-server.ts";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import { listen } from "../../support/listening.ts";
import { within } from "../engine/virtual-time.ts";
import type { Cell } from "./makers.ts";
import { ScriptedServer, type Wire } from "./script.ts";
import { stopTime } from "./time.ts";

/** For one behaviour; each takes some 10 ms. Long, since the machine may be busy. */
const LIMIT_MS = Number(process.env["CONFORMANCE_LIMIT"] ?? 20_000);

/** How many turns of the event loop show that nothing more happens on the way between two ends in this process. */
const QUIET_TURNS = 40;

export type Options = Partial<Omit<ManagerOptions, "query"> & SocketOptions> & { query?: unknown };

/** A client whose server is spoken by the behaviour. */
export interface Scene {
  readonly server: ScriptedServer;
  readonly socket: Socket;
  readonly wire: Wire;
}

/** The servers and clients of one behaviour; all of them are closed when it ends. Time stands still until {@link clock} is advanced. */
export class Stage {
  static async run(cell: Cell, t: TestContext, run: (stage: Stage) => Promise<void> | void): Promise<void> {
    stopTime().reset();
    const stage = new Stage(cell, t);
    try {
      await within(LIMIT_MS, Promise.resolve(run(stage)));
    } finally {
      await within(LIMIT_MS, stage.#close());
    }
  }

  readonly cell: Cell;
  readonly t: TestContext;
  readonly clock = stopTime();
  readonly #closers: (() => unknown)[] = [];
  readonly #uncaught: unknown[] = [];
  #restore: (() => void) | undefined;
  #port: number | undefined;
  #isOver = false;

  private constructor(cell: Cell, t: TestContext) {
    this.cell = cell;
    this.t = t;
  }

  /** What `require("socket.io-client")` gives. */
  get library(): Cell["library"] {
    return this.cell.library;
  }

  /** Something to close at the end; the last one first. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** A server on a free port, or on that of one that is gone. */
  async serve(options: Partial<ServerOptions> = {}, port = 0): Promise<Server> {
    const http = await this.http(createServer(), port);
    const io = new this.cell.serverLibrary.Server(http, options);
    // Upstream's holds a polling session for 30 s whose client is gone; time stands still here.
    this.defer(() => void io.close()?.catch?.(() => undefined));
    return io;
  }

  /** An HTTP server on a free port. */
  async http(server: HttpServer = createServer(), port = 0): Promise<HttpServer> {
    const connections = new Set<NetSocket>();
    server.on("connection", (connection: NetSocket) => connections.add(connection));
    this.defer(() => {
      server.close();
      for (const connection of connections) connection.destroy();
    });
    this.#port = await listen(server, port);
    return server;
  }

  /** A proxy in front of the newest server, which clients take from now on. */
  async proxy(): Promise<FaultyProxy> {
    const proxy = await FaultyProxy.start(this.port);
    this.defer(() => proxy.close());
    this.#port = proxy.port;
    return proxy;
  }

  /** Port of what was started last. */
  get port(): number {
    assert.ok(this.#port, "serve() comes first");
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** A server that does nothing by itself, over HTTP. */
  async polling(): Promise<PollingServer> {
    const server = await PollingServer.start(this.t);
    this.#port = server.port;
    return server;
  }

  /** Where nobody listens. */
  async refused(): Promise<string> {
    const server = await this.http();
    const { url } = this;
    await new Promise((resolve) => server.close(resolve));
    return url;
  }

  /** A client of the newest server: by WebSocket, on a connection of its own that is not made again, unless the options say otherwise. */
  client(target = "/", options: Options = {}): Socket {
    return this.io(this.url + target, options);
  }

  /** The same, wherever it goes. */
  io(url: string, options: Options = {}): Socket {
    return this.keep(
      this.library.io(url, { forceNew: true, reconnection: false, transports: ["websocket"], ...options } as object),
    );
  }

  /** A Socket to disconnect at the end. */
  keep<S extends Socket>(socket: S): S {
    this.defer(() => {
      socket.io.reconnection(false);
      socket.disconnect();
      // One that was refused has an engine all the same.
      insides(socket.io)._close();
    });
    return socket;
  }

  manager(url: string, options: Options = {}): Manager {
    const manager = new this.library.Manager(url, {
      reconnection: false,
      transports: ["websocket"],
      ...options,
    } as object);
    this.defer(() => insides(manager.reconnection(false))._close());
    return manager;
  }

  /** A connected client with the server's half of it. */
  async pair(io: Server, target = "/", options: Options = {}): Promise<{ client: Socket; server: ServerSocket }> {
    const client = this.client(target, options);
    await this.event(client, "connect");
    return { client, server: this.half(io, client) };
  }

  /** The server's half. */
  half(io: Server, client: Socket): ServerSocket {
    const server = io.of(insides(client).nsp).sockets.get(client.id!);
    assert.ok(server, `the server knows ${client.id}`);
    return server;
  }

  /** A client of a scripted server, whose CONNECT has come and has not been answered. */
  async joining(options: Options = {}, target = "/", handshake: object = {}): Promise<Scene> {
    const server = await ScriptedServer.start(this.t);
    const socket = this.io(server.url + target, options);
    const wire = await server.accept(handshake);
    wire.joined = await wire.next();
    return { server, socket, wire };
  }

  /** The same, connected. */
  async joined(options: Options = {}, answer = '0{"sid":"id"}', handshake: object = {}): Promise<Scene> {
    const scene = await this.joining(options, "/", handshake);
    const connected = this.event(scene.socket, "connect");
    scene.wire.send(answer);
    await connected;
    return scene;
  }

  /** Arguments of the next such event. The limit of the behaviour bounds the wait. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as untyped as events are
  event(emitter: unknown, name: string): Promise<any[]> {
    return new Promise((resolve) => (emitter as Emits).once(name, (...args) => resolve(args)));
  }

  /** Notes events as they come: `[name, ...arguments]`, errors as their messages. */
  log(emitter: unknown, names: readonly string[], log: unknown[][] = []): unknown[][] {
    for (const name of names) {
      (emitter as Emits).on(name, (...args) =>
        log.push([name, ...args.map((arg) => (arg instanceof Error ? arg.message : arg))]),
      );
    }
    return log;
  }

  /** Lets everything happen that is on its way between ends in this process: to see that nothing comes any more. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise(setImmediate);
  }

  /** Turns of the event loop until something is so; the limit of the behaviour bounds the wait. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.#isOver) await new Promise(setImmediate);
  }

  /** Time goes on, bit by bit, until something is so: for what happens at a time that is not asked. */
  async whileTimePasses<T>(expected: Promise<T>, stepMs = 50): Promise<T> {
    const state = { settled: false };
    const settled = expected.finally(() => (state.settled = true));
    // A behaviour that has failed leaves loops behind.
    while (!state.settled && !this.#isOver) {
      this.clock.advance(stepMs);
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
    return settled;
  }

  /** From now on, exceptions that nobody catches end up here; otherwise they fail the test. */
  get uncaught(): readonly unknown[] {
    this.#restore ??= takeOver((error) => this.#uncaught.push(error));
    return this.#uncaught;
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    try {
      for (const close of this.#closers.toReversed()) await close();
      // What was closed may still want to say so.
      this.clock.reset();
      await this.quiet();
    } finally {
      this.#restore?.();
    }
  }
}

interface Emits {
  on(name: string, listener: (...args: unknown[]) => void): void;
  once(name: string, listener: (...args: unknown[]) => void): void;
}

/** Takes the place of the listeners that the test runner has for exceptions. */
function takeOver(listener: (error: unknown) => void): () => void {
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", listener);
  return () => {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  };
}

/** What is private in the types, and there at run time. */
// oxlint-disable-next-line typescript/no-explicit-any -- members that the types hide
export function insides(object: object): any {
  return object;
}
