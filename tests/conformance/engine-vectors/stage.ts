import { Server as OurServer } from "engine.io";
import type { EventEmitter } from "node:events";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { RawWebSocket } from "../../support/raw-peer.ts";

/** What is used of an engine's socket, ours or upstream's. */
export interface EngineSocket extends EventEmitter {
  readonly id: string;
  readonly protocol: number;
  readonly transport: { readonly writable: boolean };
  send(data: unknown): unknown;
  close(): unknown;
}

interface Engine extends EventEmitter {
  attach(server: unknown): void;
  onWebTransportSession(session: unknown): Promise<void>;
  close(): unknown;
}

type EngineClass = new (options: object) => Engine;

const peers = createRequire(new URL("../../../peers/package.json", import.meta.url));

export const IMPLEMENTATIONS: Readonly<Record<string, EngineClass>> = {
  ours: OurServer,
  upstream: (peers("engine.io") as { Server: EngineClass }).Server,
};

/** An HTTP answer in the form of the vectors. */
export interface Answer {
  readonly status: number;
  readonly headers: [string, string][];
  readonly body: string;
  readonly bodyHex?: string;
}

/** An engine on a port of its own. */
export class Stage {
  static async open(Server: EngineClass, options: object = {}): Promise<Stage> {
    const http = createServer();
    const engine = new Server({ allowEIO3: true, ...options });
    engine.attach(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return new Stage(engine, http);
  }

  readonly #engine: Engine;
  readonly #http: ReturnType<typeof createServer>;
  readonly #port: number;

  private constructor(engine: Engine, http: ReturnType<typeof createServer>) {
    this.#engine = engine;
    this.#http = http;
    this.#port = (http.address() as AddressInfo).port;
  }

  close(): void {
    this.#engine.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  /** A polling session; `query` holds what is asked for beyond the transport. */
  async polling(query: string): Promise<PollingPeer> {
    const connection = once(this.#engine, "connection") as Promise<[EngineSocket]>;
    const path = `/engine.io/?transport=polling&${query}`;
    const open = await this.#request("GET", path);
    const [socket] = await connection;
    const url = `${path}&sid=${socket.id}`;
    return new PollingPeer(socket, open, (method, body, headers) => this.#request(method, url, body, headers));
  }

  /** A WebSocket session; the first message has not been read. */
  async websocket(query: string): Promise<[RawWebSocket, Session]> {
    const connection = once(this.#engine, "connection") as Promise<[EngineSocket]>;
    const websocket = this.candidate(query);
    return [websocket, new Session((await connection)[0])];
  }

  /** A WebSocket for the session that `query` names. */
  candidate(query: string): RawWebSocket {
    return new RawWebSocket(this.#port, `&${query}`, "/engine.io/");
  }

  serveWebTransport(session: unknown): Promise<void> {
    return this.#engine.onWebTransportSession(session);
  }

  async connection(): Promise<EngineSocket> {
    return ((await once(this.#engine, "connection")) as [EngineSocket])[0];
  }

  onConnection(listener: (socket: EngineSocket) => void): void {
    this.#engine.once("connection", listener);
  }

  #request(method: string, path: string, body?: string | Buffer, headers: Record<string, string> = {}) {
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = request({ port: this.#port, method, path, headers, agent: false }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          const bytes = Buffer.concat(chunks);
          const isBinary = incoming.headers["content-type"] === "application/octet-stream";
          resolve({
            status: incoming.statusCode!,
            headers: pairs(incoming.rawHeaders),
            body: bytes.toString(),
            ...(isBinary && { bodyHex: bytes.toString("hex") }),
          });
        });
        incoming.on("error", reject);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

/** The server's end of a session and what it told the application, in the form of the vectors. */
export class Session {
  readonly socket: EngineSocket;
  readonly app: unknown[] = [];
  close: { reason: string; desc?: string } | null = null;

  constructor(socket: EngineSocket) {
    this.socket = socket;
    socket.on("message", (data: unknown) => {
      this.app.push(Buffer.isBuffer(data) ? { bin: data.toString("hex") } : data);
    });
    socket.on("close", (reason: string, description: unknown) => {
      this.close = { reason, ...(description instanceof Error && { desc: description.message }) };
    });
  }
}

export class PollingPeer extends Session {
  readonly open: Answer;
  readonly #request: (method: string, body?: string | Buffer, headers?: Record<string, string>) => Promise<Answer>;

  constructor(
    socket: EngineSocket,
    open: Answer,
    send: (method: string, body?: string | Buffer, headers?: Record<string, string>) => Promise<Answer>,
  ) {
    super(socket);
    this.open = open;
    this.#request = send;
  }

  poll(): Promise<Answer> {
    return this.#request("GET");
  }

  /** A poll that the server holds. */
  async heldPoll(): Promise<{ readonly answer: Promise<Answer> }> {
    const answer = this.poll();
    while (!this.socket.transport.writable) await setImmediate();
    return { answer };
  }

  post(body: string | Buffer): Promise<Answer> {
    const contentType = typeof body === "string" ? "text/plain;charset=UTF-8" : "application/octet-stream";
    return this.#request("POST", body, { "Content-Type": contentType });
  }
}

/** What node:http adds on its own is left out, as in the vectors. */
function pairs(raw: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!;
    if (!/^(date|keep-alive|connection|transfer-encoding)$/i.test(name)) result.push([name, raw[at + 1]!]);
  }
  return result;
}
