import { connect, type Socket } from "node:net";
import { FrameReader, type OnFrame } from "../wire/frame-reader.ts";
import { JOIN, PONG } from "../wire/messages.ts";

export interface JoinOptions {
  /** The packet CONNECT, in a frame. @default that of the usual parser */
  readonly join?: Buffer;
  /** Of a session that began with polling: nothing is joined, and nothing waited for but the handshake of WebSocket. */
  readonly sid?: string;
}

/** A client over WebSocket that writes bytes made beforehand. It answers pings, and counts no frames for what they say. */
export class WebSocketClient {
  onMessage: OnFrame = () => {};
  onPing = (): void => {};

  private constructor(readonly socket: Socket) {
    const reader = new FrameReader((opcode, bytes, from, to) => {
      if (to - from !== 1 || bytes[from] !== PING) return this.onMessage(opcode, bytes, from, to);
      socket.write(PONG);
      this.onPing();
    });
    socket.on("data", (chunk: Buffer) => reader.push(chunk));
    socket.resume();
  }

  /** Opens a connection and joins the namespace. */
  static async open(port: number, { join = JOIN, sid }: JoinOptions = {}): Promise<WebSocketClient> {
    const client = new WebSocketClient(await upgraded(port, sid));
    if (sid !== undefined) return client;
    // Not before: servers may lose what comes with the upgrade request.
    client.socket.write(join);
    const [, answer] = await client.messages(2);
    if (!answer!.includes("sid")) throw new Error(`CONNECT was answered with ${answer}`);
    return client;
  }

  /** The next messages, as text. */
  messages(count: number): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const messages: string[] = [];
      const refuse = (): void => reject(new Error(`the connection ended after ${messages.join(" ")}`));
      this.socket.once("close", refuse);
      this.onMessage = (_, bytes, from, to) => {
        messages.push(bytes.toString("latin1", from, to));
        if (messages.length < count) return;
        this.socket.off("close", refuse);
        this.onMessage = () => {};
        resolve(messages);
      };
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A connection that has become a WebSocket. It is paused, and has what the server sent at once still to give. */
function upgraded(port: number, sid: string | undefined): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay();
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket${sid === undefined ? "" : `&sid=${sid}`} HTTP/1.1\r\nHost: localhost\r\n` +
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    socket.once("close", () => reject(new Error("the connection ended before it was a WebSocket")));
    socket.on("error", reject);
    socket.on("data", function onHead(chunk: Buffer) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      const status = head.toString("latin1", 0, 12);
      if (status !== "HTTP/1.1 101") reject(new Error(`the upgrade was answered with ${status}`));
      socket.off("data", onHead);
      socket.pause();
      if (end + 4 < head.length) socket.unshift(head.subarray(end + 4));
      resolve(socket);
    });
  });
}

const PING = "2".charCodeAt(0);
