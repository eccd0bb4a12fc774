import { once } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import type { TestContext } from "node:test";
import { upgradeRequest } from "../support/upgrade-request.ts";

/** Where the engine alone answers, and where a server of Socket.IO does. */
export const ENGINE = "/engine.io/?EIO=4";
export const SOCKET_IO = "/socket.io/?EIO=4";

/** A request with a body in bytes. */
export function request(method: string, target: string, body: string | null = null, headers = ""): string {
  const length = body === null ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${length}${headers}\r\n${body ?? ""}`;
}

/** A TCP connection of an attacker, which no error of the other side disturbs. */
export class Peer {
  /** All that came, as latin1. */
  text = "";
  isClosed = false;
  readonly socket: TcpSocket;
  readonly closed: Promise<unknown>;

  constructor(t: TestContext, port: number, bytes: string | Uint8Array = "") {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk: Buffer) => (this.text += chunk.toString("latin1")));
    this.closed = new Promise<void>((resolve) => {
      this.socket.on("close", () => {
        this.isClosed = true;
        resolve();
      });
    });
    t.after(() => this.socket.destroy());
    if (bytes.length > 0) this.socket.write(bytes);
  }

  /** Until this text has come, or the connection has ended without it. */
  async sees(text: string | RegExp): Promise<boolean> {
    while (!this.#has(text) && !this.isClosed) {
      const over = new AbortController();
      await Promise.race([this.closed, once(this.socket, "data", over).catch(() => this.closed)]).finally(() =>
        over.abort(),
      );
    }
    return this.#has(text);
  }

  #has(text: string | RegExp): boolean {
    return typeof text === "string" ? this.text.includes(text) : text.test(this.text);
  }

  /** Ends the connection by a reset, or as it is if the other side has ended it: then there is none any more, and Node would wait for ever. */
  async reset(): Promise<void> {
    if (this.socket.writable) this.socket.resetAndDestroy();
    else this.socket.destroy();
    await this.closed;
  }

  /** Resolves once the operating system has taken the bytes, or the connection has ended. */
  async write(bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
  }
}

/** A session over a WebSocket, its handshake read. */
export async function webSocketPeer(t: TestContext, port: number, target = ENGINE): Promise<Peer> {
  const peer = new Peer(t, port, upgradeRequest(`${target}&transport=websocket`));
  await peer.sees("pingInterval");
  return peer;
}

/** Opens a session by polling: the id of it. */
export async function pollingSid(t: TestContext, port: number, target = ENGINE): Promise<string> {
  const peer = new Peer(t, port, request("GET", `${target}&transport=polling`));
  await peer.sees("pingTimeout");
  peer.socket.destroy();
  return /"sid":"([^"]+)"/.exec(peer.text)![1]!;
}

/** The answers to a request on a connection of its own, which the server or `Connection: close` ends. */
export async function exchange(t: TestContext, port: number, bytes: string): Promise<string> {
  const peer = new Peer(t, port, bytes);
  await peer.closed;
  return peer.text;
}

/** A pong without bytes, or a frame that closes: a server of this peer, which answers no close frame, waits 30 s for one. */
export const PONG_OR_CLOSE = /\x8a\x00|\x88[\x00-\x7d]/; // oxlint-disable-line no-control-regex -- frames
