import { once } from "node:events";
import { tcp, tcpAnswer } from "../../support/raw-peer.ts";
import { upgradeRequest } from "../../support/upgrade-request.ts";
import type { Cell, TransportKind } from "./cells.ts";
import { overPolling } from "./behaviour.ts";
import { codecOf, type Codec } from "./codec.ts";
import type { Engine, EngineSocket } from "./engine.ts";
import type { Served } from "./hosts.ts";
import { ask, type Answer } from "./http.ts";
import { PollingPeer, WebSocketPeer, type Peer } from "./peers.ts";
import { Session } from "./session.ts";
import { WebTransportPeer } from "./webtransport-peer.ts";
import { VirtualTime } from "./virtual-time.ts";

export const PATH = "/engine.io/";

/** Query parameters; null leaves one out that the cell would send. */
export type Query = Readonly<Record<string, string | null>>;

/** A refusal, as far as it reads the same in all answers of a transport. */
export interface Refused {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface Reported {
  readonly code: number;
  readonly message: string;
  readonly context: unknown;
}

/** An engine of the cell's host on a port of its own, and what can be done to it. */
export class Stage {
  static async open(cell: Cell, options: object, attachOptions: object): Promise<Stage> {
    VirtualTime.install().reset();
    return new Stage(cell, await cell.host.serve({ allowEIO3: true, ...options }, attachOptions));
  }

  readonly cell: Cell;
  readonly engine: Engine;
  readonly served: Served;
  readonly codec: Codec;
  readonly clock = VirtualTime.install();
  /** What `connection_error` reported. */
  readonly reported: Reported[] = [];
  isClosed = false;

  private constructor(cell: Cell, served: Served) {
    this.cell = cell;
    this.served = served;
    this.engine = served.engine;
    this.codec = codecOf(cell.revision);
    this.engine.on("connection_error", ({ code, message, context }: Reported) => {
      this.reported.push({ code, message, context });
    });
  }

  get port(): number {
    return this.served.port;
  }

  close(): void {
    this.isClosed = true;
    this.served.close();
    this.clock.reset();
  }

  /** What `Peer.end` gives when the server ends a session in order. */
  get goodbye(): string {
    return overPolling(this.cell) ? "close packet" : "close";
  }

  /** A session of the cell's transport; its open packet has been read. */
  connect(query: Query = {}, headers: Record<string, string> = {}): Promise<Session> {
    return this.connectBy(this.cell.transport, query, headers);
  }

  async connectBy(transport: TransportKind, query: Query = {}, headers: Record<string, string> = {}): Promise<Session> {
    const connection = once(this.engine, "connection") as Promise<[EngineSocket]>;
    const target = this.target(query, transport);
    if (transport === "webtransport") {
      const peer = new WebTransportPeer(this.codec);
      void this.engine.onWebTransportSession(peer.server);
      const [first, [socket]] = await Promise.all([peer.receive(1), connection]);
      return new Session(this, socket, peer, first);
    }
    if (transport === "websocket") {
      const peer = new WebSocketPeer(this.port, upgradeRequest(target, headers), this.codec);
      const [first, [socket]] = await Promise.all([peer.receive(1), connection]);
      return new Session(this, socket, peer, first);
    }
    const answer = await ask(this.port, "GET", target, undefined, headers).answer;
    const [socket] = await connection;
    const peer = new PollingPeer(this.port, `${target}&sid=${socket.id}`, this.codec, transport === "jsonp");
    return new Session(this, socket, peer, peer.read(answer), answer);
  }

  /** A connection of the cell's transport that asks to carry a session. */
  candidate(sid: string): Peer {
    if (this.cell.transport !== "webtransport") return this.websocket(sid);
    const peer = new WebTransportPeer(this.codec, sid);
    void this.engine.onWebTransportSession(peer.server);
    return peer;
  }

  /** @param early frames that leave together with the request */
  websocket(sid: string, early?: Buffer): WebSocketPeer {
    return new WebSocketPeer(this.port, upgradeRequest(this.target({ sid }, "websocket")), this.codec, early);
  }

  /** The target of a request as the cell's clients write it. */
  target(query: Query = {}, transport: TransportKind = this.cell.transport, path = PATH): string {
    const all: Query = {
      EIO: String(this.cell.revision),
      transport: transport === "jsonp" ? "polling" : transport,
      // Clients of JSONP can't take bytes.
      ...(transport === "jsonp" && { j: "0", b64: "1" }),
      ...query,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
    return `${path}?${given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
  }

  /** A plain request. */
  ask(method: string, query: Query = {}, body?: string | Buffer, headers?: Record<string, string>): Promise<Answer> {
    return ask(this.port, method, this.target(query), body, headers).answer;
  }

  /** A first request of the cell's transport that is expected to be refused. */
  async refused(query: Query = {}, headers: Record<string, string> = {}): Promise<Refused> {
    if (this.cell.transport !== "websocket") return refusalOf(await this.ask("GET", query, undefined, headers));
    return readRefusal(await this.tcp(upgradeRequest(this.target(query), headers)));
  }

  /** Writes bytes, and gives what comes back: one answer with a length, or all until the server ends the connection. */
  tcp(bytes: string): Promise<string> {
    return this.cell.host.refusesAlike ? tcpAnswer(this.port, bytes) : tcp(this.port, bytes);
  }

  /** What the cell's clients read when a handshake is refused (protocols.md 1.2, "Form of the answer"). */
  refusal(code: number, message: string): Refused {
    const isText = this.cell.transport === "websocket" && !this.cell.host.refusesAlike;
    if (isText) return { status: 400, contentType: "text/html", body: message };
    const body = JSON.stringify({ code, message });
    return { status: code === 4 ? 403 : 400, contentType: "application/json", body };
  }
}

export function refusalOf({ status, headers, body }: Answer): Refused {
  return { status, contentType: headers["content-type"], body };
}

/** An answer to an upgrade request that is no 101, in bytes. */
export function readRefusal(text: string): Refused {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]);
  return { status, contentType: /^content-type: (.*)$/im.exec(head)?.[1], body };
}
