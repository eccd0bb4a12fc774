import { randomBytes } from "node:crypto";
import debugModule from "debug";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { EngineRequest } from "../http/request.js";
import type { EngineOptions } from "../options.js";
import { refuseHandshake } from "../websocket/handshake.js";
import { claimForwarded } from "./forwarded.js";
import { Forwarder, NOT_YOURS } from "./forwarder.js";
import { Newcomers } from "./newcomers.js";
import { Roster, type Member } from "./roster.js";
import type { SessionBus } from "./session-bus.js";

const debug = debugModule("engine:cluster");

/** How often this server says that it is there, in ms. One that is silent for three of them is gone. */
const HEARTBEAT_MS = 4_000;

/** How long the first clients wait until the other servers know of this one, in ms: then the bus is taken to be away. */
const READY_MS = 2_000;

/** What follows the timeouts of a session before its server counts as silent, in ms. */
const GRACE_MS = 5_000;

/** Of `A-Za-z0-9_-`, without padding. */
const NODE_ID_BYTES = 6;
const NODE_ID_LENGTH = 8;

/** The engine. */
interface DirectoryHost {
  readonly opts: EngineOptions;
  readonly limitsReached: { count(option: string): void };
  handleRequest(req: IncomingMessage, res: ServerResponse): void;
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * Which server of a cluster has which session: the id of a session ends with that of its server, so nothing has to be looked up. A
 * request for a session of another server is passed on to it as it came, on a port for the other servers alone, and is served there
 * with middlewares and all. Decision 0009.
 */
export class SessionDirectory {
  readonly #bus: SessionBus;
  readonly #host: DirectoryHost;
  readonly #id = randomBytes(NODE_ID_BYTES).toString("base64url");
  readonly #secret = randomBytes(24).toString("base64url");
  #running: Running | undefined;
  #stopped = false;

  constructor(bus: SessionBus, host: DirectoryHost) {
    this.#bus = bus;
    this.#host = host;
  }

  /** The id by which all servers know a session of this one. */
  idOf(id: string): string {
    return id + this.#id;
  }

  /** Makes this server known. Once is enough. */
  start(path: string): void {
    if (this.#running !== undefined) return;
    this.#stopped = false;
    this.#running = new Running(this.#bus, this.#host, { id: this.#id, secret: this.#secret }, path);
  }

  /** Says goodbye. What other servers have passed on before is still answered. */
  stop(): void {
    this.#stopped = true;
    this.#running?.stop();
    this.#running = undefined;
  }

  /** Calls back once the other servers know of this one: before, they would not know its sessions. At once, mostly. */
  whenReady(done: () => void): void {
    const running = this.#runningNow();
    if (running === undefined) done();
    else running.whenReady(done);
  }

  /**
   * Passes a request on if its session is another server's.
   *
   * @param serve called if it is to be served here: it is ours, or nobody's, or the other server does not answer
   */
  forward(req: EngineRequest, res: ServerResponse, serve: () => void): void {
    this.#find(req, serve, (running, member) => {
      if (this.#mayForward(running)) running.forwarder.forward(member, req, res, this.#timeoutMs, serve);
      else res.writeHead(503).end();
    });
  }

  /** As {@link forward}. */
  forwardUpgrade(req: EngineRequest, socket: Duplex, head: Buffer, serve: () => void): void {
    this.#find(req, serve, (running, member) => {
      if (!this.#mayForward(running)) return refuseHandshake(socket, { status: 503, message: "Service Unavailable" });
      running.forwarder.forwardUpgrade(member, req, socket, head, this.#timeoutMs, serve);
    });
  }

  /** Longer than any session of the other server is silent. */
  get #timeoutMs(): number {
    const { pingInterval, pingTimeout } = this.#host.opts;
    return pingInterval + pingTimeout + GRACE_MS;
  }

  #find({ _query }: EngineRequest, notOthers: () => void, found: (running: Running, member: Member) => void): void {
    const { sid } = _query;
    const id = sid === undefined || sid.length <= NODE_ID_LENGTH ? this.#id : sid.slice(-NODE_ID_LENGTH);
    const running = id === this.#id ? undefined : this.#runningNow();
    if (running === undefined) return notOthers();
    running.find(id, this.#host.opts.maxForwards, (member) => {
      if (member === undefined) notOthers();
      else found(running, member);
    });
  }

  #mayForward({ forwarder }: Running): boolean {
    if (forwarder.inFlight < this.#host.opts.maxForwards) return true;
    this.#host.limitsReached.count("maxForwards");
    return false;
  }

  /** An engine that was never attached serves what it is given: it starts with the first request. */
  #runningNow(): Running | undefined {
    if (this.#running === undefined && !this.#stopped) this.start("");
    return this.#running;
  }
}

/** From the start to the stop. */
class Running {
  readonly forwarder = new Forwarder();
  readonly #newcomers = new Newcomers();
  readonly #bus: SessionBus;
  readonly #server: Server;
  #roster: Roster | undefined;
  #isReady = false;
  readonly #waiting: (() => void)[] = [];
  #heartbeat: NodeJS.Timeout | undefined;
  readonly #readyTimer: NodeJS.Timeout;
  #stopped = false;

  constructor(bus: SessionBus, host: DirectoryHost, self: Pick<Member, "id" | "secret">, path: string) {
    this.#bus = bus;
    this.#server = createServer((req, res) => {
      if (!claimForwarded(req, self.secret)) return void res.writeHead(NOT_YOURS).end();
      // Who waits for the end of the server waits for the end of the connections.
      res.on("close", () => this.#stopped && setImmediate(() => this.#server.closeIdleConnections()));
      host.handleRequest(req, res);
    });
    this.#server.on("upgrade", (req, socket, head) => {
      socket.on("error", ignore);
      if (claimForwarded(req, self.secret)) host.handleUpgrade(req, socket, head);
      else socket.end(`HTTP/1.1 ${NOT_YOURS} Misdirected Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    });
    // The other servers close connections that they do not need, and never one that they are about to use.
    this.#server.keepAliveTimeout = 0;
    this.#readyTimer = setTimeout(() => this.#onReady(), READY_MS).unref();
    // Exclusive: workers of node:cluster have a port each.
    this.#server.listen({ host: bus.host, port: bus.port, exclusive: true }, () => {
      const { port } = this.#server.address() as AddressInfo;
      this.#join(new Roster({ ...self, host: bus.host, port }, path, (member) => this.forwarder.abandon(member)));
    });
    // It is there for the sake of the sessions, and they have connections of their own.
    this.#server.unref();
  }

  whenReady(done: () => void): void {
    if (this.#isReady) done();
    else this.#waiting.push(done);
  }

  /**
   * Calls back with the member of that id. One of them may have come just now: nobody is unknown before there was time to hear of it.
   * @param maxWaiting see {@link Newcomers.await}
   */
  find(id: string, maxWaiting: number, done: (member: Member | undefined) => void): void {
    const member = this.#roster?.find(id);
    if (member !== undefined) return done(member);
    this.#newcomers.await(id, maxWaiting, () => done(this.#roster?.find(id)));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#readyTimer);
    clearInterval(this.#heartbeat);
    if (this.#roster !== undefined) this.#bus.publish(this.#roster.bye());
    this.#bus.unsubscribe(this.#onMessage);
    this.#newcomers.stop();
    this.#onReady();
    this.forwarder.close();
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  #join(roster: Roster): void {
    if (this.#stopped) return;
    this.#roster = roster;
    Promise.resolve(this.#bus.subscribe(this.#onMessage)).then(
      () => {
        if (this.#stopped) return;
        this.#bus.setWill?.(roster.bye());
        this.#bus.publish(roster.hello());
        this.#heartbeat = setInterval(() => this.#bus.publish(roster.heartbeat()), HEARTBEAT_MS).unref();
      },
      (error: unknown) => debug("the bus does not answer: %s", error),
    );
  }

  readonly #onMessage = (message: string): void => {
    const roster = this.#roster!;
    const heard = roster.receive(message);
    if (heard === "own") this.#onReady();
    else if (heard === "hello") this.#bus.publish(roster.heartbeat());
    this.#newcomers.onNews((id) => roster.find(id) !== undefined);
  };

  #onReady(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    for (const done of this.#waiting.splice(0)) done();
  }
}

function ignore(): void {}
