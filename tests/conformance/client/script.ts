import { openPacket } from "../../../packages/engine.io-client/test/support/polling-server.ts";
import { type Accepted, RawWebSocketServer } from "../../../packages/engine.io-client/test/support/websocket-server.ts";
import type { TestContext } from "node:test";

/** A server of which the behaviour speaks every frame, over WebSocket. Texts are packets of Socket.IO, without the `4` of the engine. */
export class ScriptedServer {
  static async start(t: TestContext): Promise<ScriptedServer> {
    return new ScriptedServer(await RawWebSocketServer.start(t));
  }

  private constructor(readonly raw: RawWebSocketServer) {}

  /** Where clients go. */
  get url(): string {
    return this.raw.url.replace("ws:", "http:");
  }

  /** The next connection, its session opened. */
  async accept(handshake: object = {}): Promise<Wire> {
    const wire = new Wire(await this.raw.accept());
    wire.engine(openPacket(handshake));
    return wire;
  }

  /** The next connection, its session opened and its CONNECT answered. */
  async join(answer = '0{"sid":"id"}', handshake: object = {}): Promise<Wire> {
    const wire = await this.accept(handshake);
    wire.joined = await wire.next();
    wire.send(answer);
    return wire;
  }
}

/** One connection, seen from the server. */
export class Wire {
  /** The CONNECT packet that the client sent. */
  joined: string | Buffer = "";

  constructor(readonly accepted: Accepted) {}

  /** Sends packets of Socket.IO; bytes are attachments. */
  send(...messages: (string | Buffer)[]): void {
    this.accepted.send(...messages.map((message) => (typeof message === "string" ? `4${message}` : message)));
  }

  /** Sends packets of the engine. */
  engine(...frames: (string | Buffer)[]): void {
    this.accepted.send(...frames);
  }

  /** The next `count` packets of Socket.IO, attachments among them. The end of the connection is one, as `closed 1005`. */
  async receive(count: number): Promise<(string | Buffer)[]> {
    const frames = await this.accepted.receive(count);
    return frames.map((frame) => (typeof frame === "string" ? frame.replace(/^4/, "") : frame));
  }

  async next(): Promise<string | Buffer> {
    return (await this.receive(1))[0]!;
  }

  /** The connection breaks. */
  cut(): void {
    this.accepted.ws.terminate();
  }
}
