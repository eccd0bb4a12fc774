import type { IncomingMessage } from "node:http";
import type { Engine, EngineSocket } from "../../../conformance/engine/engine.ts";
import { type Log, shown } from "../log.ts";

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** An empty text is none with upstream. */
const described = ({ type, data }: Packet): string => `${type} ${shown(data || undefined)}`;

/** What the application is told by an engine, and what it can read. */
export class Watch {
  readonly sockets: EngineSocket[] = [];
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #names = new Map<EngineSocket, string>();
  /** Sessions whose peers have ended them. */
  readonly #broken = new WeakSet<EngineSocket>();
  #lastView = "";

  constructor(engine: Engine, log: Log, listensToAll: boolean) {
    this.#engine = engine;
    this.#log = log;
    engine.on("connection", (socket: EngineSocket) => this.#attend(socket, listensToAll));
    engine.on("connection_error", ({ req, code, message, context }) => {
      const { error, ...rest } = context as { error?: unknown };
      log.add(
        `errors of ${req._query?.who}`,
        `${code} ${message} ${shown(rest)} ${error === undefined ? "" : shown(error)}`,
      );
    });
    if (!listensToAll) return;
    for (const event of ["initial_headers", "headers"]) {
      engine.on(
        event,
        (headers: Record<string, unknown>, req: IncomingMessage & { _query: Record<string, string> }) => {
          // Upstream's writes a farewell to a client that is gone.
          if (req.socket.destroyed) return;
          if (isOfUpgrading(headers, req._query)) return;
          // docs/differences.md: the cookie on the first answer of WebSockets.
          const { "Set-Cookie": cookie, ...rest } = headers;
          const isShown = req._query["transport"] === "polling";
          log.add(
            `headers of ${req.method} by ${req._query["who"]}`,
            `${event} ${req.method} ${shown(texts(rest))} ${isShown ? shown(cookie) : ""}`,
          );
          headers["x-seen"] = event;
        },
      );
    }
    engine.on("flush", (socket: EngineSocket, batch: Packet[]) => {
      this.#log.add(`flush of ${this.nameOf(socket)}, by engine`, batch.map(described).join(", "));
    });
    engine.on("drain", (socket: EngineSocket) => this.tellSent(socket, "drain", "engine: drain"));
  }

  /** Where it is not what it was. */
  view(): void {
    const { clients, clientsCount } = this.#engine;
    const sockets = this.sockets.map((socket) => {
      const { readyState, upgrading, upgraded, protocol, transport, remoteAddress } = socket;
      const { name, supportsBinary, readyState: state } = transport;
      const isKnown = clients[socket.id] === socket;
      return `${this.nameOf(socket)}: ${shown({ readyState, upgrading, upgraded, protocol, remoteAddress, isKnown, name, supportsBinary, state: readyState === "closed" ? "" : state, waiting: (socket as unknown as { writeBuffer: unknown[] }).writeBuffer.length })}`;
    });
    const view = [`${clientsCount} of ${Object.keys(clients).length}`, ...sockets.sort()].join("\n");
    if (view !== this.#lastView) for (const line of view.split("\n")) this.#log.add("view", line);
    this.#lastView = view;
  }

  nameOf(socket: EngineSocket): string {
    let name = this.#names.get(socket);
    if (name === undefined) {
      const who = socket.request._query["who"]!;
      const before = [...this.#names.values()].filter((other) => other.split(" ")[0] === who).length;
      this.#names.set(socket, (name = before === 0 ? who : `${who} ${before}`));
    }
    return name;
  }

  /**
   * What is told of packets that are out comes in the next tick, with upstream sometimes at once; and which of the two is told first depends
   * on the transport there. So each is an observer of its own. Upstream's calls nobody once a WebSocket is closed.
   */
  tellSent(socket: EngineSocket, kind: "drain" | "callback", what: string): void {
    if (kind === "callback" && socket.readyState === "closed" && socket.transport.name === "websocket") return;
    // Ours is out only at the end of the tick, and then the session may be over: who broke the protocol meanwhile gets nothing.
    process.nextTick(() => {
      if (kind === "drain" && this.#broken.has(socket)) return;
      this.#log.add(`${kind} of ${this.nameOf(socket)}`, what);
    });
  }

  #tell(socket: EngineSocket, what: string): void {
    this.#log.add(`socket of ${this.nameOf(socket)}`, what);
  }

  #attend(socket: EngineSocket, listensToAll: boolean): void {
    this.sockets.push(socket);
    const tell = (what: string): void => this.#tell(socket, what);
    tell(`connection ${socket.readyState} ${socket.transport.name} ${socket.protocol}`);
    socket.on("message", (data) => tell(`message ${shown(data)}`));
    socket.on("close", (reason) => {
      if (reason !== "forced close") this.#broken.add(socket);
    });
    socket.on("close", (reason, description) => tell(`close ${reason} ${shown(description)} ${socket.readyState}`));
    if (!listensToAll) return;
    socket.on("data", (data) => tell(`data ${shown(data)}`));
    socket.on("packet", (packet: Packet) => {
      // Row E-45: every packet. Upstream's does not tell of this one over polling.
      if (packet.type !== "close") tell(`packet ${described(packet)}`);
    });
    socket.on("packetCreate", (packet: Packet) => {
      // docs/status.md: when that of a heartbeat comes.
      if (packet.type === "message")
        tell(`packetCreate ${described(packet)} ${shown((packet as { options?: unknown }).options)}`);
    });
    socket.on("flush", (batch: Packet[]) =>
      this.#log.add(`flush of ${this.nameOf(socket)}`, batch.map(described).join(", ")),
    );
    socket.on("drain", () => this.tellSent(socket, "drain", "drain"));
    socket.on("heartbeat", () => tell("heartbeat"));
    socket.on("upgrading", ({ name }) => tell(`upgrading ${name} ${socket.upgrading}`));
    socket.on("upgrade", ({ name }) => tell(`upgrade ${name} ${socket.transport.name} ${socket.upgraded}`));
    socket.on("error", (error) => tell(`error ${shown(error)}`));
  }
}

/** Of a client that may find a better transport: how often its GET is released while it does is nobody's business (docs/differences.md). */
function isOfUpgrading(headers: Readonly<Record<string, unknown>>, { who, sid }: Record<string, string>): boolean {
  const isShort = headers["Content-Length"] === 1 || headers["Content-Length"] === "1";
  return who!.startsWith("client") && sid !== undefined && (isShort || headers["Content-Encoding"] !== undefined);
}

/** A number as a header says what its text says. */
function texts(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "number" ? String(value) : value]),
  );
}
