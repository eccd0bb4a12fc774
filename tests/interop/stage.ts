import assert from "node:assert/strict";
import { createServer, type Server as HttpServer } from "node:http";
import type { Server, ServerOptions, Socket as ServerSocket } from "socket.io";
import type { Manager, ManagerOptions, Socket as ClientSocket, SocketOptions } from "socket.io-client";
import { FaultyProxy } from "../support/faulty-proxy.js";
import { assertNoLimit } from "../support/limits.ts";
import { listen, portOf } from "../support/listening.ts";
import { loadServer, type ClientLibrary, type ServerLibrary } from "./implementations.js";

/** "upgrade" is the client's default: polling first, then a WebSocket while events already flow. */
export type TransportMode = "polling" | "websocket" | "upgrade";

export interface Cell {
  readonly server: ServerLibrary;
  readonly client: ClientLibrary;
  readonly transport: TransportMode;
  /** What every server of the cell is given. */
  readonly serverOptions?: Partial<ServerOptions>;
}

export type Behaviour = (stage: Stage) => Promise<void>;

/** Behaviours of one subject; a key is a sentence that is true for any implementation. */
export type Behaviours = Readonly<Record<string, Behaviour>>;

export type ClientOptions = Partial<Omit<ManagerOptions, "port"> & SocketOptions> & { port?: number };

/** One of the two that talk. */
export type End = ClientSocket | ServerSocket;

/** Anything with `once` and `on`: sockets, managers, engines and servers of either maker. */
interface Emits {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  once(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** A case takes milliseconds. This is how long a hung one may last, on a machine that is busy with others. */
const CASE_DEADLINE_MS = 10_000;

/**
 * How long a polling transport that closes waits for a GET to say so, in ms. With its default of 30 s a session whose
 * client is gone keeps upstream's server, and so this process, alive.
 */
const closeTimeout = 500;

/** How long the end of a case waits for clients and sessions to end in an orderly way, in ms. */
const GRACE_MS = 500;

/** The servers, clients and proxies of one case; all of them are closed when the case ends. */
export class Stage {
  readonly transport: TransportMode;
  readonly #cell: Cell;
  readonly #servers: { io: Server; http: HttpServer; options: Partial<ServerOptions> }[] = [];
  readonly #clients: ClientSocket[] = [];
  readonly #proxies: FaultyProxy[] = [];
  /** Names of the promises that the case waits for, asked only when the deadline passes. */
  readonly #awaited = new Set<() => string>();
  readonly #seen: string[] = [];
  /** Limits that the case is about. */
  readonly #limits: Record<string, true> = {};

  constructor(cell: Cell) {
    this.#cell = cell;
    this.transport = cell.transport;
  }

  /** Runs one behaviour. A case that hangs fails with a list of what it was waiting for. */
  static async run(cell: Cell, behaviour: Behaviour, deadlineMs = CASE_DEADLINE_MS): Promise<void> {
    const stage = new Stage(cell);
    try {
      await stage.#withDeadline(deadlineMs, behaviour(stage));
    } finally {
      await stage.#withDeadline(deadlineMs, stage.#close());
    }
    if (cell.server !== loadServer("ours")) return;
    for (const { io, options } of stage.#servers) assertNoLimit(io, { ...options, ...stage.#limits });
  }

  /** The case reaches a limit on purpose. */
  mayReach(limit: string): void {
    this.#limits[limit] = true;
  }

  /** A server on a free port. Called again: another server. */
  async serve(options: Partial<ServerOptions> = {}, port = 0): Promise<Server> {
    const http = createServer();
    const all = { ...this.#cell.serverOptions, ...options };
    const io = new this.#cell.server.Server(http, all);
    this.#servers.push({ io, http, options: all });
    io.engine.on("connection", (conn: { transport: object }) => Object.assign(conn.transport, { closeTimeout }));
    await listen(http, port);
    return io;
  }

  /** Port of the newest server. */
  get port(): number {
    const newest = this.#servers.at(-1);
    assert.ok(newest, "serve() comes first");
    return portOf(newest.http);
  }

  /** A proxy in front of the newest server. */
  async proxy(): Promise<FaultyProxy> {
    const proxy = await FaultyProxy.start(this.port);
    this.#proxies.push(proxy);
    return proxy;
  }

  /**
   * A client that starts to connect at once: own connection and no reconnection, unless the options say otherwise.
   * @param target namespace, and query if wanted; an `options.port` leads to a proxy instead of the newest server.
   */
  client(target = "/", options: ClientOptions = {}): ClientSocket {
    const { port = this.port, ...rest } = options;
    const socket = this.#cell.client.io(`http://127.0.0.1:${port}${target}`, {
      forceNew: true,
      reconnection: false,
      ...this.transportOptions,
      ...rest,
    });
    return this.track(socket);
  }

  /** Options that make a client travel as the case wants it. */
  get transportOptions(): ClientOptions {
    return this.transport === "upgrade" ? {} : { transports: [this.transport] };
  }

  /** A Manager without namespaces yet. Give its sockets to {@link track}. */
  manager(options: ClientOptions = {}): Manager {
    return new this.#cell.client.Manager(`http://127.0.0.1:${this.port}`, {
      reconnection: false,
      ...this.transportOptions,
      ...options,
    });
  }

  track(socket: ClientSocket): ClientSocket {
    this.#clients.push(socket);
    return socket;
  }

  /** A connected client, with the server's half of it. */
  async pair(
    io: Server,
    target = "/",
    options: ClientOptions = {},
  ): Promise<{ client: ClientSocket; server: ServerSocket }> {
    const client = this.client(target, options);
    await this.connected(client);
    return { client, server: this.serverHalf(io, client) };
  }

  /** The server registers a socket before it answers CONNECT, so it is there as soon as the client is connected. */
  serverHalf(io: Server, client: ClientSocket): ServerSocket {
    const server = io.of((client as unknown as { nsp: string }).nsp).sockets.get(client.id ?? "");
    assert.ok(server, `the server knows ${client.id}`);
    return server;
  }

  async connected(...clients: ClientSocket[]): Promise<void> {
    const all = clients.map(async (client) => {
      if (client.connected) return;
      const outcome = new Promise<void>((resolve, reject) => {
        client.once("connect", () => resolve());
        client.once("connect_error", (error) => reject(new Error("refused with connect_error", { cause: error })));
      });
      await this.until(`connection of ${nameOf(client)}`, outcome);
    });
    await Promise.all(all);
  }

  /** Resolves once both halves use WebSocket; at once in the modes without an upgrade. */
  async upgraded(client: ClientSocket, server: ServerSocket): Promise<void> {
    if (this.transport !== "upgrade") return;
    const engine = client.io.engine;
    const halves = [];
    if (engine.transport.name !== "websocket") halves.push(this.event(engine, "upgrade"));
    if (server.conn.transport.name !== "websocket") halves.push(this.event(server.conn, "upgrade"));
    await Promise.all(halves);
  }

  /** Resolves when the socket's transport takes a packet at once; for the server over polling: when a GET is held. */
  writable(socket: End): Promise<void> {
    const engine = "conn" in socket ? socket.conn : socket.io.engine;
    // Each turn of the event loop lets the transport finish a write or a poll; the case's deadline bounds the wait.
    const turn = async (): Promise<void> => {
      while (!engine.transport.writable && engine.readyState === "open") await new Promise(setImmediate);
    };
    return this.until(`writable transport of ${nameOf(socket)}`, turn());
  }

  /** Arguments of the next such event. */
  event<Args extends unknown[] = unknown[]>(emitter: unknown, name: string): Promise<Args> {
    const arrival = new Promise<Args>((resolve) => {
      (emitter as Emits).once(name, (...args) => resolve(args as Args));
    });
    return this.until(`"${name}" of ${nameOf(emitter)}`, arrival);
  }

  /** Arguments of the next `count` such events, in order. */
  events<Args extends unknown[] = unknown[]>(emitter: unknown, name: string, count: number): Promise<Args[]> {
    const list: Args[] = [];
    const arrival = new Promise<Args[]>((resolve) => {
      (emitter as Emits).on(name, (...args) => {
        if (list.push(args as Args) === count) resolve(list);
      });
    });
    return this.until(() => `"${name}" of ${nameOf(emitter)} (${list.length} of ${count})`, arrival);
  }

  /** Waits for a promise under a name that the deadline's message can tell. */
  async until<T>(what: string | (() => string), promise: Promise<T>): Promise<T> {
    const name = typeof what === "string" ? () => what : what;
    this.#awaited.add(name);
    try {
      return await promise;
    } finally {
      this.#awaited.delete(name);
      this.#seen.push(name());
    }
  }

  async #withDeadline(deadlineMs: number, work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const awaited = [...this.#awaited].map((name) => name()).join(", ") || "nothing that was named";
        const seen = this.#seen.slice(-8).join(", ") || "nothing";
        reject(new Error(`not done after ${deadlineMs} ms; awaited: ${awaited}; seen before: ${seen}`));
      }, deadlineMs);
    });
    try {
      await Promise.race([work, deadline]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Clients first, and with time to say goodbye: upstream's client that closes during an upgrade waits for its end, and
   * one whose server vanishes just then waits for its ping timeout, 45 s later, and so does this process.
   */
  async #close(): Promise<void> {
    for (const client of this.#clients) {
      client.io.reconnection(false);
      client.disconnect();
    }
    const open = this.#clients.map((client) => client.io.engine).filter((engine) => engine?.readyState === "closing");
    await this.#grace(Promise.all(open.map((engine) => this.event(engine, "close"))));
    for (const proxy of this.#proxies) proxy.close();
    for (const { io, http } of this.#servers) {
      const sessions = Object.values((io.engine as unknown as { clients: Record<string, object> }).clients);
      await this.#grace(Promise.all(sessions.map((session) => this.event(session, "close"))));
      const closed = this.until("close of the server", io.close());
      http.closeAllConnections();
      await closed;
    }
  }

  /** Waits for what should happen soon, but no longer: what a case has left behind may never end by itself. */
  async #grace(expected: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => (timer = setTimeout(resolve, GRACE_MS)));
    await Promise.race([expected, enough]);
    clearTimeout(timer);
  }
}

/** A question by callback, for behaviours of clients that need not know `emitWithAck`: resolves with the first value. */
// oxlint-disable-next-line typescript/no-explicit-any -- as untyped as `emitWithAck`
export function ask(socket: End, event: string, ...args: unknown[]): Promise<any> {
  return new Promise((resolve) => {
    socket.emit(event, ...args, resolve);
  });
}

/** Two ends, each of them first once: for what holds in both directions. */
export function directions<One, Other>(
  one: One,
  other: Other,
): readonly [readonly [One, Other], readonly [Other, One]] {
  return [
    [one, other],
    [other, one],
  ];
}

function nameOf(emitter: unknown): string {
  const { nsp, id } = emitter as { nsp?: string | { name: string }; id?: string };
  if (typeof nsp === "string") return `client of ${nsp}`;
  if (nsp) return `server's socket of ${nsp.name}`;
  const kind = (emitter as object).constructor.name;
  return id === undefined ? kind : `${kind} ${id}`;
}
