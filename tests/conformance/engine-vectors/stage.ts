import { Server as OurServer } from "engine.io";
import type { EventEmitter } from "node:events";
import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { listen, portOf } from "../../support/listening.ts";
import { RawWebSocket } from "../../support/raw-peer.ts";
import { BytesPeer } from "./bytes-peer.ts";
import type { Behaviour, Scenario } from "./scenario.ts";
import { type Answer, type EngineSocket, PollingPeer, Session } from "./session.ts";

export interface Engine extends EventEmitter {
  generateId: (req: IncomingMessage) => string | Promise<string>;
  attach(server: unknown, options?: object): void;
  use(middleware: (req: IncomingMessage, res: ServerResponse, next: (error?: Error) => void) => void): unknown;
  onWebTransportSession(session: unknown): Promise<void>;
  close(): unknown;
}

type EngineClass = new (options: object) => Engine;

const peers = createRequire(new URL("../../../peers/package.json", import.meta.url));

export const IMPLEMENTATIONS: Readonly<Record<string, EngineClass>> = {
  ours: OurServer,
  upstream: (peers("engine.io") as { Server: EngineClass }).Server,
};

/** What to ask for, in the form of the vectors. */
export interface RequestParts {
  readonly method: string;
  readonly target: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** An engine on a port of its own, before an application that answers 404. */
export class Stage {
  static async open(Server: EngineClass, behaviour: Behaviour, scenario: Scenario): Promise<Stage> {
    const http = createServer((_req, res) => res.writeHead(404).end("app"));
    const engine = new Server({ ...behaviour.options, ...scenario.options });
    scenario.prepare?.(engine);
    engine.attach(http, scenario.attachOptions);
    await listen(http);
    return new Stage(engine, http, behaviour.unrecordedHeaders);
  }

  /** What the last `connection_error` said, in the form of the vectors. */
  refusal: object | null = null;
  readonly port: number;
  readonly #engine: Engine;
  readonly #http: ReturnType<typeof createServer>;
  readonly #unrecordedHeaders: RegExp;
  readonly #peers: BytesPeer[] = [];

  private constructor(engine: Engine, http: ReturnType<typeof createServer>, unrecordedHeaders: RegExp) {
    this.#engine = engine;
    this.#http = http;
    this.#unrecordedHeaders = unrecordedHeaders;
    this.port = portOf(http);
    engine.on("connection_error", ({ code, message, context }: { code: number; message: string; context: object }) => {
      const withTexts = Object.entries(context).map(([key, value]) => [
        key,
        value instanceof Error ? String(value) : (value as unknown),
      ]);
      this.refusal = { code, message, context: Object.fromEntries(withTexts) as object };
    });
  }

  close(): void {
    for (const peer of this.#peers) peer.destroy();
    this.#engine.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  /** A polling session; `query` holds what is asked for beyond the transport. */
  async polling(query: string): Promise<PollingPeer> {
    const connection = once(this.#engine, "connection") as Promise<[EngineSocket]>;
    const path = `/engine.io/?transport=polling&${query}`;
    const open = await this.exchange({ method: "GET", target: path });
    const [socket] = await connection;
    const target = `${path}&sid=${socket.id}`;
    return new PollingPeer(socket, open, (method, body, headers) => this.exchange({ method, target, body, headers }));
  }

  /** A WebSocket session; the first message has not been read. */
  async websocket(query: string): Promise<[RawWebSocket, Session]> {
    const connection = once(this.#engine, "connection") as Promise<[EngineSocket]>;
    const websocket = this.candidate(query);
    return [websocket, new Session((await connection)[0])];
  }

  /** A WebSocket for the session that `query` names. */
  candidate(query: string): RawWebSocket {
    return new RawWebSocket(this.port, `&${query}`, "/engine.io/");
  }

  /** A connection on which these bytes are written. */
  bytes(text: string): BytesPeer {
    const peer = new BytesPeer(this.port, text);
    this.#peers.push(peer);
    return peer;
  }

  /** The server's end of the next session. */
  async nextSession(): Promise<Session> {
    return new Session(((await once(this.#engine, "connection")) as [EngineSocket])[0]);
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

  /** Time enough for the server to have done, on any other connection, what it does at once. */
  async roundTrip(): Promise<void> {
    for (let trip = 0; trip < 3; trip++) await this.exchange({ method: "GET", target: "/elsewhere" });
  }

  exchange({ method, target, headers = {}, body }: RequestParts): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // The answers of a server are recorded as those to a client that keeps its connections; none is used twice.
      const agent = new Agent({ keepAlive: true });
      const outgoing = request({ port: this.port, method, path: target, headers, agent }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          agent.destroy();
          const bytes = Buffer.concat(chunks);
          const isBinary = incoming.headers["content-type"] === "application/octet-stream";
          resolve({
            status: incoming.statusCode!,
            headers: this.#pairs(incoming.rawHeaders),
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

  #pairs(raw: readonly string[]): [string, string][] {
    const result: [string, string][] = [];
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at]!;
      if (!this.#unrecordedHeaders.test(name)) result.push([name, raw[at + 1]!]);
    }
    return result;
  }
}
