import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { WebSocket } from "ws";

/** What a peer writes and sees: texts and bytes, with no client library in between. */

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
}

/** One request on a connection of its own. */
export function http(
  port: number,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: "127.0.0.1", method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes.toString(), bytes });
      });
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Writes bytes on a TCP connection and gives everything that comes back until the other side ends it. */
export function tcp(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

/** As {@link tcp}, but of a server that keeps the connection: ends it after one answer, by its `Content-Length`. */
export function tcpAnswer(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const [head = "", body] = text.split("\r\n\r\n", 2);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (body !== undefined && body.length >= length) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

/** An Engine.IO 4 session over HTTP long-polling, spoken by hand. */
export class RawPolling {
  sid = "";
  readonly #port: number;
  readonly #path: string;
  readonly #received: string[] = [];

  constructor(port: number, path = "/socket.io/") {
    this.#port = port;
    this.#path = path;
  }

  /** Opens the session and gives the text of its first packet. */
  async handshake(query = ""): Promise<string> {
    const answer = await http(this.#port, "GET", `${this.#path}?EIO=4&transport=polling${query}`);
    const [open = "", ...rest] = answer.body.split("\u001e");
    this.sid = (JSON.parse(open.slice(1)) as { sid: string }).sid;
    this.#received.push(...rest);
    return open;
  }

  post(...packets: string[]): Promise<HttpAnswer> {
    return http(this.#port, "POST", this.#url, packets.join("\u001e"), { "Content-type": "text/plain;charset=UTF-8" });
  }

  poll(): Promise<HttpAnswer> {
    return http(this.#port, "GET", this.#url);
  }

  /** The next `count` packets, over as many polls as it takes: how a server spreads them over bodies is its choice. */
  async receive(count: number): Promise<string[]> {
    while (this.#received.length < count) {
      const { status, body } = await this.poll();
      if (status !== 200) throw new Error(`poll answered ${status} ${body}; had ${this.#received.join(" ")}`);
      this.#received.push(...body.split("\u001e"));
    }
    return this.#received.splice(0, count);
  }

  get #url(): string {
    return `${this.#path}?EIO=4&transport=polling&sid=${this.sid}`;
  }
}

/** A WebSocket that keeps every message until it is asked for, so that none is missed and none is looked over. */
export class RawWebSocket {
  readonly #socket: WebSocket;
  readonly #messages: (string | Buffer)[] = [];
  #wake = (): void => {};
  #closed = false;

  /** @param query what follows `EIO=4&transport=websocket`, such as `&sid=…`, or all of it if it begins with `?`. */
  constructor(port: number, query = "", path = "/socket.io/") {
    const whole = query.startsWith("?") ? query : `?EIO=4&transport=websocket${query}`;
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}${path}${whole}`);
    this.#socket.on("message", (data, isBinary) => {
      this.#messages.push(isBinary ? (data as Buffer) : (data as Buffer).toString());
      this.#wake();
    });
    this.#socket.on("error", (error) => {
      this.#messages.push(`error: ${error.message}`);
      this.#wake();
    });
    this.#socket.on("close", (code) => {
      this.#closed = true;
      this.#messages.push(`closed ${code}`);
      this.#wake();
    });
  }

  async opened(): Promise<this> {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve) => {
        this.#socket.once("open", resolve);
        this.#socket.once("close", resolve);
      });
    }
    return this;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(...messages: (string | Buffer)[]): void {
    for (const message of messages) this.#socket.send(message);
  }

  /** The next `count` messages; the end of the connection is one, `closed 1005` for instance (RFC 6455, 7.4.1). */
  async receive(count: number): Promise<(string | Buffer)[]> {
    while (this.#messages.length < count) {
      if (this.#closed) throw new Error(`the connection ended after ${this.#messages.map(String).join(" ")}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#messages.splice(0, count);
  }

  /** What has come and was not asked for yet, without waiting. */
  taken(): (string | Buffer)[] {
    return this.#messages.splice(0);
  }

  /** Sends a close frame without a code. */
  close(): void {
    this.#socket.close();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** Replaces what differs from run to run: 20-character ids by `<id>`. */
export function normalised<Message extends string | Buffer>(messages: readonly Message[]): Message[] {
  return messages.map((message) =>
    typeof message === "string" ? (message.replaceAll(/"[\w-]{20}"/g, '"<id>"') as Message) : message,
  );
}
