import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { FrameLog } from "./frame-log.ts";
import { listen, portOf } from "./listening.ts";
import { describeMaskedFrames } from "./raw-frames.ts";

/** The answer of RFC 6455 section 4.2.2 to a request, as its lines; null in place of a line leaves it out. */
export function agreement(key: string, lines: Readonly<Record<string, string | null>> = {}): string {
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const all = { Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Accept": accept, ...lines };
  const kept = Object.entries(all).filter(([, value]) => value !== null);
  return `HTTP/1.1 101 Switching Protocols\r\n${kept.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** One WebSocket as a server sees it that writes bytes and takes apart what comes back. */
export class ByteConnection {
  readonly socket: Socket;
  readonly #log: FrameLog;

  constructor(socket: Socket) {
    this.socket = socket.setNoDelay();
    this.#log = new FrameLog(socket, describeMaskedFrames);
  }

  /** The head of the request. */
  get request(): string {
    return this.#log.head;
  }

  /** Frames that have arrived, as `describeMaskedFrames` writes them, and at last `end` or `reset`. */
  get lines(): readonly string[] {
    return this.#log.lines;
  }

  /** What has to be in the answer to {@link request}. */
  get key(): string {
    return /^sec-websocket-key: (.*)$/im.exec(this.request)?.[1] ?? "";
  }

  send(...bytes: (string | Buffer)[]): this {
    this.socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part as string, "latin1"))));
    return this;
  }

  async requested(): Promise<this> {
    while (this.request === "") await this.#log.change();
    return this;
  }

  /** Waits until so many frames have come, or the end. */
  async received(count: number): Promise<readonly string[]> {
    while (this.lines.length < count && !this.#log.isOver) await this.#log.change();
    return this.lines;
  }

  /** Waits until the client has ended the connection. */
  async ended(): Promise<readonly string[]> {
    while (!this.#log.isOver) await this.#log.change();
    this.socket.end();
    return this.lines;
  }
}

/** A server that knows only bytes, over TLS if it is given a certificate. */
export class ByteServer {
  readonly #server: Server;
  readonly #waiting: ((connection: ByteConnection) => void)[] = [];
  readonly #come: ByteConnection[] = [];
  readonly #sockets = new Set<Socket>();

  static async start(t: Pick<TestContext, "after">, certificate?: { key: string; cert: string }): Promise<ByteServer> {
    const server = new ByteServer(certificate);
    await listen(server.#server);
    t.after(() => server.close());
    return server;
  }

  private constructor(certificate?: { key: string; cert: string }) {
    const onConnection = (socket: Socket): void => {
      const connection = new ByteConnection(socket);
      this.#sockets.add(socket);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#come.push(connection);
      else waiting(connection);
    };
    this.#server = certificate === undefined ? createServer(onConnection) : createTlsServer(certificate, onConnection);
    this.#server.on("tlsClientError", () => {});
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** The next connection, once it has asked for a WebSocket. */
  async request(): Promise<ByteConnection> {
    const come = this.#come.shift();
    const connection = come ?? (await new Promise<ByteConnection>((resolve) => this.#waiting.push(resolve)));
    return connection.requested();
  }

  /** How many have come. */
  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }
}
