import { serve, ticks, type FakeConnection, type FakeTransport } from "./fake-engine.ts";
import type { ServerOptions, Socket } from "socket.io";

/** What a server has answered to CONNECT: what came before its answer, and that. */
export interface Entered {
  readonly missed: (string | Buffer)[];
  readonly sid: string | undefined;
  readonly pid: string | undefined;
  readonly refused: string | undefined;
}

/** A client that speaks by hand and remembers, as clients do, its session and the last offset that it has had. */
export class Client {
  conn: FakeConnection;
  sid: string | undefined;
  pid: string | undefined;
  offset: string | undefined;

  constructor(
    readonly server: ReturnType<typeof serve>,
    readonly nsp = "/",
    readonly transport: FakeTransport = "websocket",
  ) {
    this.conn = server.engine.connect(transport);
  }

  /** Sends CONNECT, with what it remembers. */
  ask(auth: object = { pid: this.pid, offset: this.offset }): void {
    this.conn.receive(`${this.prefix("0")}${JSON.stringify(auth)}`);
  }

  /** Sends CONNECT and waits for the answer. */
  async enter(auth?: object): Promise<Entered> {
    this.ask(auth);
    await ticks();
    return this.answer();
  }

  /** What has come, with the answer to CONNECT. */
  answer(): Entered {
    const got = this.conn.take();
    const at = got.findIndex((message) => String(message).startsWith(`${this.prefix("0")}{`));
    const missed = at === -1 ? got : got.slice(0, at);
    const refusal = got.find((message) => String(message).startsWith(this.prefix("4")));
    const texts = missed.length === got.length ? missed : [...missed, ...got.slice(at + 1)];
    const { sid, pid } = (at === -1 ? {} : JSON.parse(String(got[at]).slice(this.prefix("0").length))) as Entered;
    if (sid !== undefined) {
      this.sid = sid;
      this.pid = pid;
    }
    this.note(texts);
    return { missed, sid, pid, refused: refusal === undefined ? undefined : String(refusal) };
  }

  /** Events that have come since the last look, without their offsets. */
  heard(): unknown[] {
    const got = this.conn.take();
    this.note(got);
    return got.map((message) => withoutOffset(message, this.prefix("2")));
  }

  /** A new connection of the same client. */
  reconnect(): this {
    this.conn = this.server.engine.connect(this.transport);
    return this;
  }

  /** The connection is lost, and both sides see it. */
  lose(reason = "transport close"): this {
    this.conn.end(reason);
    return this;
  }

  private note(messages: readonly (string | Buffer)[]): void {
    for (const message of messages) {
      const last: unknown = eventOf(message, this.prefix("2"))?.at(-1);
      if (typeof last === "string") this.offset = last;
    }
  }

  private prefix(type: string): string {
    return this.nsp === "/" ? type : `${type}${this.nsp},`;
  }
}

/** Name and arguments of a message without the offset; other messages as they are. */
export function withoutOffset(message: string | Buffer, prefix = "2"): unknown {
  return eventOf(message, prefix)?.slice(0, -1) ?? message;
}

function eventOf(message: string | Buffer, prefix: string): unknown[] | undefined {
  const text = String(message).replace(/^5\d+-/, "2");
  return typeof message === "string" && text.startsWith(`${prefix}[`)
    ? (JSON.parse(text.slice(prefix.length)) as unknown[])
    : undefined;
}

/** A server with recovery on, whose sockets are all noted. */
export function recovering(
  recovery: ServerOptions["connectionStateRecovery"] = {},
  options: Partial<ServerOptions> = {},
) {
  const server = serve({ connectionStateRecovery: recovery, ...options });
  const sockets: Socket[] = [];
  const log: unknown[][] = [];
  const note = (socket: Socket): void => {
    sockets.push(socket);
    socket.on("disconnect", (reason) => log.push([socket.id, reason]));
  };
  server.io.on("connection", note);
  return { ...server, server, sockets, log, note };
}

/** A client that is connected and has had one event. */
export async function connected(server: ReturnType<typeof serve>, nsp = "/"): Promise<Client> {
  const client = new Client(server, nsp);
  await client.enter({});
  server.io.of(nsp).emit("first");
  client.heard();
  return client;
}
