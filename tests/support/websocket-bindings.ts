import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket as TcpSocket } from "node:net";
import type { Duplex } from "node:stream";
import type { TestContext } from "node:test";
import { WebSocketServer } from "ws";
import type { EndpointListener, WebSocketEndpoint } from "../../packages/engine.io/src/websocket/endpoint.ts";
import { OwnEngine } from "../../packages/engine.io/src/websocket/own-engine.ts";
import { WsEngine } from "../../packages/engine.io/src/websocket/ws-engine.ts";
import { FrameLog } from "./frame-log.ts";
import { listen } from "./listening.ts";
import { describeFrames } from "./raw-frames.ts";
import { upgradeRequest } from "./upgrade-request.ts";

/** Both ways of serving a WebSocket, without an engine above, and a peer that knows only bytes. */

export type Binding = "own" | "ws";
export const BINDINGS: readonly Binding[] = ["own", "ws"];

/** Answers an upgrade request. */
export type Accept = OwnEngine["accept"];

export interface EndpointServer {
  readonly port: number;
  /** The connection and the endpoint of the next WebSocket. */
  endpoint(): Promise<[WebSocketEndpoint, Duplex]>;
  /** The server is closed: its WebSockets are, too, or will be. */
  shutDown(): void;
}

/** @param onEndpoint is called within the upgrade */
export async function serveEndpoints(
  t: Pick<TestContext, "after">,
  binding: Binding | Accept,
  maxBytes = 1_000_000,
  onEndpoint: (endpoint: WebSocketEndpoint) => void = () => {},
  extraLines: readonly string[] = [],
): Promise<EndpointServer> {
  const addLines = (lines: string[]): void => void lines.push(...extraLines);
  const engine =
    binding === "ws"
      ? new WsEngine(WebSocketServer, { perMessageDeflate: false, maxPayload: maxBytes }, addLines)
      : new OwnEngine(addLines);
  const accept: Accept = typeof binding === "function" ? binding : (...request): void => engine.accept(...request);
  const http = createServer((_req, res) => res.writeHead(404).end());
  const connections = new Set<Duplex>();
  const waiting: ((made: [WebSocketEndpoint, Duplex]) => void)[] = [];
  http.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    connections.add(socket);
    socket.on("error", () => {});
    accept(req, socket, head, maxBytes, (endpoint) => {
      onEndpoint(endpoint);
      waiting.shift()?.([endpoint, socket]);
    });
  });
  const port = await listen(http);
  t.after(() => {
    engine.close();
    for (const connection of connections) connection.destroy();
    http.close();
    http.closeAllConnections();
  });
  return {
    port,
    endpoint: () => new Promise((resolve) => waiting.push(resolve)),
    shutDown: () => engine.close(),
  };
}

/** A connection that has opened, from both sides. */
export interface OpenedEndpoint {
  readonly peer: BytePeer;
  readonly endpoint: WebSocketEndpoint;
  readonly connection: Duplex;
  readonly log: ListenerLog;
  /** See {@link EndpointServer}. */
  shutDown(): void;
}

export async function openEndpoint(t: TestContext, binding: Binding, maxBytes?: number): Promise<OpenedEndpoint> {
  const server = await serveEndpoints(t, binding, maxBytes);
  const made = server.endpoint();
  const peer = await new BytePeer(server.port).opened();
  t.after(() => peer.socket.destroy());
  const [endpoint, connection] = await made;
  const log = new ListenerLog();
  endpoint.listener = log;
  return { peer, endpoint, connection, log, shutDown: () => server.shutDown() };
}

/** Fills what the operating system takes for a peer that does not read. */
export function clog({ peer, endpoint }: Pick<OpenedEndpoint, "peer" | "endpoint">): void {
  peer.socket.pause();
  for (let at = 0; at < 500 && endpoint.bufferedAmount === 0; at++) endpoint.send(Buffer.alloc(100_000), false, false);
  assert.ok(endpoint.bufferedAmount > 0);
}

/** Sends every message back. */
export function echo(endpoint: WebSocketEndpoint): void {
  endpoint.listener = {
    onMessage: (data) => endpoint.send(data, false, false),
    onWritten: () => {},
    onError: () => {},
    onClose: () => {},
  };
}

/** What an endpoint told its listener, one line each. */
export class ListenerLog implements EndpointListener {
  readonly lines: string[] = [];
  #changed = (): void => {};
  onMessage(data: string | Buffer): void {
    this.#add(typeof data === "string" ? `text ${data}` : `binary ${data.toString("hex")}`);
  }
  onWritten(): void {
    this.#add("written");
  }
  onError(error: unknown): void {
    this.#add(`error ${(error as { code?: string }).code}`);
  }
  onClose(): void {
    this.#add("closed");
  }
  /** Waits until there are so many lines. */
  async until(line: string): Promise<string[]> {
    while (!this.lines.includes(line)) await new Promise<void>((resolve) => (this.#changed = resolve));
    return this.lines;
  }
  #add(line: string): void {
    this.lines.push(line);
    this.#changed();
  }
}

/** A client that writes bytes and takes apart what comes back. */
export class BytePeer {
  readonly socket: TcpSocket;
  readonly #log: FrameLog;

  /** @param extra follows the upgrade request in the same write */
  constructor(port: number, extra: Buffer = Buffer.alloc(0), request = upgradeRequest("/")) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setNoDelay();
    this.socket.write(Buffer.concat([Buffer.from(request, "latin1"), extra]));
    this.#log = new FrameLog(this.socket, describeFrames);
  }

  /** Of the answer to the upgrade request. */
  get head(): string {
    return this.#log.head;
  }

  /** Frames that have arrived, as {@link describeFrames} writes them, and at last `end` or `reset`. */
  get lines(): string[] {
    return this.#log.lines;
  }

  send(...frames: Buffer[]): this {
    this.socket.write(Buffer.concat(frames));
    return this;
  }

  /** Waits until the server has ended the connection. */
  async ended(): Promise<string[]> {
    while (!this.#log.isOver) await this.#log.change();
    this.socket.destroy();
    return this.lines;
  }

  /** Waits for so many frames. */
  async received(count: number): Promise<string[]> {
    while (this.lines.length < count && !this.socket.destroyed) await this.#log.change();
    return this.lines;
  }

  async opened(): Promise<this> {
    while (this.head === "" && !this.socket.destroyed) await this.#log.change();
    return this;
  }
}
