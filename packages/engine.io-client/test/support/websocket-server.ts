import type { IncomingMessage } from "node:http";
import type { TestContext } from "node:test";
import { WebSocketServer, type ServerOptions, type WebSocket } from "ws";
import { portOf } from "../../../../tests/support/listening.ts";

/** One WebSocket seen from the server; what it received waits until the test asks. */
export class Accepted {
  readonly query: URLSearchParams;
  /** "closed <code>" is the last of them. */
  readonly #received: (string | Buffer)[] = [];
  #wake = (): void => {};

  constructor(
    readonly ws: WebSocket,
    readonly request: IncomingMessage,
  ) {
    this.query = new URL(request.url!, "http://x").searchParams;
    ws.on("message", (data: Buffer, isBinary) => this.#push(isBinary ? data : data.toString()));
    ws.on("close", (code) => this.#push(`closed ${code}`));
  }

  send(...frames: (string | Buffer)[]): void {
    for (const frame of frames) this.ws.send(frame);
  }

  /** The next `count` frames. */
  async receive(count: number): Promise<(string | Buffer)[]> {
    while (this.#received.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#received.splice(0, count);
  }

  #push(frame: string | Buffer): void {
    this.#received.push(frame);
    this.#wake();
  }
}

/** A WebSocket server that does nothing by itself. */
export class RawWebSocketServer {
  readonly #server: WebSocketServer;
  readonly #accepted: Accepted[] = [];
  #wake = (): void => {};

  static async start(t: TestContext, options: ServerOptions = {}): Promise<RawWebSocketServer> {
    const server = new RawWebSocketServer({ host: "127.0.0.1", port: 0, ...options });
    if (!options.server) await new Promise((resolve) => server.#server.once("listening", resolve));
    t.after(() => {
      for (const client of server.#server.clients) client.terminate();
      server.#server.close();
    });
    return server;
  }

  constructor({ host, port, ...options }: ServerOptions) {
    this.#server = new WebSocketServer(options.server ? options : { host, port, ...options });
    this.#server.on("connection", (ws, request) => {
      this.#accepted.push(new Accepted(ws, request));
      this.#wake();
    });
    // For `headers`: what the 101 says.
    this.#server.on("headers", (headers) => headers.push(...this.headers));
  }

  /** Additional header lines of the next 101. */
  headers: string[] = [];

  get url(): string {
    return `ws://127.0.0.1:${portOf(this.#server)}`;
  }

  /** The next WebSocket. */
  async accept(): Promise<Accepted> {
    while (this.#accepted.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#accepted.shift()!;
  }
}
