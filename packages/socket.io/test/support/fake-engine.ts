import { EventEmitter } from "node:events";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { FakeClock } from "./fake-clock.ts";

/** The layer above an engine socket, as the engine knows it. */
interface Receiver {
  onData(data: string | Buffer): void;
  onClose(reason: string, description?: unknown): void;
}

/** The transport of a fake connection: one that closes at once, or one that has to wait for the next poll. */
export type FakeTransport = "websocket" | "polling";

/**
 * An engine socket whose other end is the test: bytes in, bytes out, no network. `sent` holds what the server has
 * written, binary messages as Buffers.
 */
export class FakeConnection extends EventEmitter {
  readonly id = `engine-${Math.random().toString(36).slice(2)}`;
  readonly remoteAddress = "127.0.0.1";
  readonly transport: { name: FakeTransport; writable: boolean };
  readonly request: object;
  readonly sent: (string | Buffer)[] = [];
  readonly writeOptions: object[] = [];
  readyState: "open" | "closing" | "closed" = "open";
  receiver: Receiver | null = null;
  discarded = false;

  constructor(
    transport: FakeTransport,
    request: object,
    readonly protocol: 3 | 4,
  ) {
    super();
    this.transport = { name: transport, writable: true };
    this.request = request;
  }

  write(data: string | Buffer, options: object): this {
    if (this.readyState !== "open") return this;
    this.sent.push(data);
    this.writeOptions.push(options);
    return this;
  }

  close(discard = false): void {
    this.discarded = discard;
    if (this.readyState !== "open") return;
    if (this.transport.name === "polling" && !discard) this.readyState = "closing";
    else this.end("forced close");
  }

  /** The connection ends, for a reason that the engine gives. */
  end(reason: string, description?: unknown): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.receiver?.onClose(reason, description);
    this.emit("close", reason, description);
  }

  /** The peer sends engine messages, all in one read. */
  receive(...messages: (string | Buffer)[]): void {
    for (const message of messages) this.receiver?.onData(message);
  }

  /** The peer joins a namespace and gives the id of its socket. */
  async join(nsp = "/", auth?: object): Promise<string> {
    const prefix = nsp === "/" ? "0" : `0${nsp},`;
    this.receive(auth === undefined ? prefix : prefix + JSON.stringify(auth));
    await ticks();
    const answer = this.take().find((message) => String(message).startsWith(prefix));
    if (answer === undefined) throw new Error(`not let into ${nsp}`);
    return (JSON.parse(String(answer).slice(prefix.length)) as { sid: string }).sid;
  }

  /** What the server has written since the last call. */
  take(): (string | Buffer)[] {
    return this.sent.splice(0);
  }
}

export class FakeEngine extends EventEmitter {
  readonly connections: FakeConnection[] = [];
  closed = 0;

  connect(
    transport: FakeTransport = "websocket",
    request: object = defaultRequest(),
    protocol: 3 | 4 = 4,
  ): FakeConnection {
    const connection = new FakeConnection(transport, request, protocol);
    this.connections.push(connection);
    this.emit("connection", connection);
    return connection;
  }

  close(): this {
    this.closed++;
    for (const connection of this.connections) connection.close(true);
    return this;
  }
}

export function defaultRequest(): { headers: Record<string, string>; url: string; _query: object; socket: object } {
  return {
    headers: { host: "example.org" },
    url: "/socket.io/?EIO=4&transport=websocket",
    _query: { EIO: "4", transport: "websocket" },
    socket: {},
  };
}

/** A server over a fake engine, with a clock that stands still. */
export interface Served {
  readonly io: Server;
  readonly engine: FakeEngine;
  readonly clock: FakeClock;
}

export function serve(options: Partial<ServerOptions> = {}): Served {
  const io = new Server(options);
  const engine = new FakeEngine();
  const clock = new FakeClock();
  (io as unknown as { _alarm: { clock: FakeClock } })._alarm.clock = clock;
  io.bind(engine);
  return { io, engine, clock };
}

/** A server with one client in the main namespace, and the server's socket of it. */
export async function connected(
  options: Partial<ServerOptions> = {},
): Promise<Served & { readonly peer: FakeConnection; readonly socket: Socket }> {
  const served = serve(options);
  const peer = served.engine.connect();
  const socket = served.io.sockets.sockets.get(await peer.join())!;
  return { ...served, peer, socket };
}

/** Lets everything run that was put off by process.nextTick or a promise. */
export function ticks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
