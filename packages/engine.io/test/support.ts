import { Server, type AttachOptions, type BaseServer, type ServerOptions, type Socket } from "engine.io";
import { EventEmitter, once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { connect, type Socket as TcpSocket } from "node:net";
import type { TestContext } from "node:test";
import { listening } from "../../../tests/support/listening.ts";
import { RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";

export const PATH = "/engine.io/";
export const POLLING = `${PATH}?EIO=4&transport=polling`;
export const WEBSOCKET = `${PATH}?EIO=4&transport=websocket`;

/** What a session's `close` event said. */
export interface Ending {
  readonly reason: string;
  /** The message, if it is an error. */
  readonly description: unknown;
}

/** An engine that remembers what it reported. Everything is closed after the test. */
export interface Observed<Engine extends BaseServer> {
  readonly engine: Engine;
  readonly port: number;
  readonly refusals: { code: number; message: string; context: unknown }[];
  readonly endings: Ending[];
  /** The next session. Ask before the client connects. */
  connection(): Promise<Socket>;
  /** The end of the next session that ends. */
  ending(): Promise<Ending>;
  polling(): RawPolling;
  websocket(query?: string): RawWebSocket;
}

/** An engine on an HTTP server of its own. */
export interface Served extends Observed<Server> {
  readonly http: HttpServer;
}

export async function serve(
  t: TestContext,
  options: ServerOptions = {},
  attachOptions: AttachOptions = {},
): Promise<Served> {
  const http = createServer((_req, res) => res.writeHead(404).end("app"));
  const engine = new Server(options);
  engine.attach(http, attachOptions);
  const observed = observe(t, engine, await listening(t, http));
  return { ...observed, http };
}

/** Listens to an engine that serves a port. */
export function observe<Engine extends BaseServer>(t: TestContext, engine: Engine, port: number): Observed<Engine> {
  const events = new EventEmitter();
  const refusals: Observed<Engine>["refusals"] = [];
  const endings: Ending[] = [];
  engine.on("connection_error", ({ code, message, context }) => refusals.push({ code, message, context }));
  engine.on("connection", (socket: Socket) => {
    socket.on("close", (reason: string, description: unknown) => {
      endings.push({ reason, description: description instanceof Error ? description.message : description });
      events.emit("ending", endings.at(-1));
    });
  });
  t.after(() => engine.close());
  return {
    engine,
    port,
    refusals,
    endings,
    connection: async () => ((await once(engine, "connection")) as [Socket])[0],
    ending: async () => ((await once(events, "ending")) as [Ending])[0],
    polling: () => new RawPolling(port, PATH),
    websocket: (query) => new RawWebSocket(port, query, PATH),
  };
}

/** A polling session and the server's end of it. */
export async function pollingSession(served: Observed<BaseServer>): Promise<[RawPolling, Socket]> {
  const connection = served.connection();
  const peer = served.polling();
  await peer.handshake();
  return [peer, await connection];
}

/** A WebSocket session and the server's end of it; the handshake has been read. */
export async function websocketSession(served: Observed<BaseServer>, query?: string): Promise<[RawWebSocket, Socket]> {
  const connection = served.connection();
  const peer = served.websocket(query);
  await peer.receive(1);
  return [peer, await connection];
}

/** A TCP connection that keeps all it receives, to be compared byte by byte. */
export class RawConnection {
  text = "";
  readonly socket: TcpSocket;
  readonly closed: Promise<unknown>;

  constructor(port: number, bytes = "") {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setEncoding("latin1");
    this.socket.on("data", (text: string) => (this.text += text));
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.write(bytes, "latin1");
  }

  /** Waits until what was received ends with, or contains, the given text. */
  async received(text: string): Promise<string> {
    if (this.text.includes(text)) return this.text;
    // Only what is new is looked through: it may be megabytes.
    let tail = this.text.slice(-text.length);
    await new Promise<void>((resolve) => {
      const look = (chunk: string): void => {
        tail += chunk;
        if (tail.includes(text)) {
          this.socket.off("data", look);
          resolve();
        }
        tail = tail.slice(-text.length);
      };
      this.socket.on("data", look);
    });
    return this.text;
  }
}

/** Header lines as they were written, those that vary left out. */
export function headerLines(text: string): string[] {
  const [head = ""] = text.split("\r\n\r\n");
  return head.split("\r\n").filter((line) => !/^(Date|Keep-Alive): /.test(line));
}
