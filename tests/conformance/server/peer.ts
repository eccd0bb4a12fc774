import assert from "node:assert/strict";
import { RawWebSocket } from "../../support/raw-peer.ts";

/** What a server says to one that it lets in. */
export interface Acceptance {
  readonly sid: string;
  readonly pid?: string;
}

/** A client of Socket.IO over one WebSocket, spoken by hand: texts are packets of Socket.IO, without the `4` of the engine. */
export class Peer {
  static async open(port: number, query = "", path?: string): Promise<Peer> {
    const socket = new RawWebSocket(port, query, path);
    const [open] = await socket.receive(1);
    assert.match(String(open), /^0\{/, "the first packet opens the session");
    return new Peer(socket, JSON.parse(String(open).slice(1)) as { sid: string });
  }

  private constructor(
    readonly raw: RawWebSocket,
    /** What the engine's open packet says. */
    readonly opened: { readonly sid: string },
  ) {}

  /** Sends packets of Socket.IO; bytes are attachments. */
  send(...messages: (string | Buffer)[]): void {
    this.raw.send(...messages.map((message) => (typeof message === "string" ? `4${message}` : message)));
  }

  /** Emits an event. */
  emit(...event: unknown[]): void {
    this.send(`2${JSON.stringify(event)}`);
  }

  /** The next `count` messages; pings are answered and not counted. The end of the connection is one, as `closed 1005`. */
  async receive(count: number): Promise<(string | Buffer)[]> {
    const received: (string | Buffer)[] = [];
    while (received.length < count) {
      const [message] = await this.raw.receive(1);
      if (message === "2") this.raw.send("3");
      else received.push(typeof message === "string" ? message.replace(/^4/, "") : message!);
    }
    return received;
  }

  /** The next message. */
  async next(): Promise<string | Buffer> {
    return (await this.receive(1))[0]!;
  }

  /** Asks for a namespace and gives the answer as it came. */
  async ask(nsp = "/", auth?: unknown): Promise<string> {
    this.send(connectPacket(nsp, auth));
    return String(await this.next());
  }

  /** Joins a namespace. */
  async join(nsp = "/", auth?: unknown): Promise<Acceptance> {
    const prefix = connectPacket(nsp, undefined);
    const answer = await this.ask(nsp, auth);
    assert.ok(answer.startsWith(prefix), `let in: ${answer}`);
    return JSON.parse(answer.slice(prefix.length)) as Acceptance;
  }

  /**
   * What the server has sent up to now: asks for a namespace that does not exist and takes what comes before the refusal.
   * It takes one turn of the connection, so what the server sends later in that time is there as well.
   */
  async sofar(): Promise<(string | Buffer)[]> {
    const marker = `/none-${Math.random()}`;
    this.send(`0${marker},`);
    const received: (string | Buffer)[] = [];
    for (;;) {
      const message = await this.next();
      if (String(message).startsWith(`4${marker},`)) return received;
      received.push(message);
    }
  }

  /** The names of the events that have come up to now. */
  async names(): Promise<unknown[]> {
    return (await this.sofar()).map((message) => {
      const text = String(message);
      return (JSON.parse(text.slice(text.indexOf("["))) as unknown[])[0];
    });
  }

  close(): void {
    this.raw.close();
  }

  terminate(): void {
    this.raw.terminate();
  }
}

function connectPacket(nsp: string, auth: unknown): string {
  const payload = auth === undefined ? "" : JSON.stringify(auth);
  return nsp === "/" ? `0${payload}` : `0${nsp},${payload}`;
}
