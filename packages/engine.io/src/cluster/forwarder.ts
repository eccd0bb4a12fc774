import debugModule from "debug";
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket, type TcpNetConnectOpts } from "node:net";
import type { Duplex } from "node:stream";
import { isOver } from "../http/node.js";
import { FORWARDED, forwardedBy } from "./forwarded.js";
import type { Member } from "./roster.js";

const debug = debugModule("engine:cluster");

/** How long it may take to reach another server, in ms: on a network of one's own it takes less than one. */
const CONNECT_TIMEOUT_MS = 2_000;

/** How long a connection to another server is kept for the next request, in ms. */
const IDLE_TIMEOUT_MS = 15_000;

/** The other server does not know the secret that it was given: it is another one, at the address of one that has gone. */
export const NOT_YOURS = 421;

/** RFC 9110 section 7.6.1: they concern one connection. `expect` was dealt with by the server that the client has reached. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

interface InFlight {
  destroy(): void;
}

/** Passes requests on to other servers, as they came, and their answers back. Nothing is gathered: bodies go through in pieces. */
export class Forwarder {
  readonly #agent = new ForwardAgent({ keepAlive: true, timeout: IDLE_TIMEOUT_MS });
  readonly #inFlight = new Map<string, Set<InFlight>>();
  #count = 0;

  /** Requests without an answer, and WebSockets. */
  get inFlight(): number {
    return this.#count;
  }

  /**
   * @param timeoutMs how long the other server may be silent
   * @param onFailed called if it gave no answer; nothing has been written then
   */
  forward(to: Member, req: IncomingMessage, res: ServerResponse, timeoutMs: number, onFailed: () => void): void {
    // Its client may have left while the other server was waited for: nobody would hear the answer.
    if (isOver(res)) return;
    const headers = endToEnd(req.headers);
    headers[FORWARDED] = forwardedBy(req, to);
    const upstream = request({
      agent: this.#agent,
      host: to.host,
      port: to.port,
      method: req.method ?? "GET",
      path: req.url ?? "/",
      headers,
      timeout: timeoutMs,
    });
    const done = this.#add(to, upstream);
    const failed = (why: unknown): void => {
      done();
      req.unpipe(upstream);
      // Nobody reads the rest of the body.
      req.resume();
      if (!isOver(res)) {
        debug("%s did not answer: %s", to.id, why);
        onFailed();
      } else if (!res.writableEnded) res.destroy();
    };
    upstream.on("timeout", () => upstream.destroy(new Error("it is silent")));
    upstream.on("error", failed);
    upstream.on("response", (answer) => {
      if (answer.statusCode === NOT_YOURS) {
        answer.resume();
        return failed("it is another server");
      }
      answer.on("end", done);
      // Broken off: so is what the client gets.
      answer.on("error", failed);
      if (isOver(res)) return void upstream.destroy();
      res.writeHead(answer.statusCode!, endToEnd(answer.headers));
      answer.pipe(res);
    });
    res.on("close", () => {
      if (!res.writableFinished) upstream.destroy();
    });
    if (hasBody(req)) req.pipe(upstream);
    else upstream.end();
  }

  /** The same for an upgrade request: once it is answered, bytes go through in both directions. */
  forwardUpgrade(
    to: Member,
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    timeoutMs: number,
    onFailed: () => void,
  ): void {
    if (socket.destroyed) return;
    const upstream = connectTo(to);
    const done = this.#add(to, upstream);
    let answered = false;
    const leave = (): void => void upstream.destroy();
    socket.on("close", leave);
    upstream.setNoDelay();
    upstream.setTimeout(timeoutMs, leave);
    upstream.on("error", (error) => debug("%s is lost: %s", to.id, error));
    upstream.once("connect", () => {
      upstream.write(headOf(req, to), "latin1");
      if (head.length > 0) upstream.write(head);
    });
    upstream.once("data", (first: Buffer) => {
      if (first.toString("latin1", 9, 12) === String(NOT_YOURS)) return void upstream.destroy();
      answered = true;
      upstream.setTimeout(0);
      socket.write(first);
      upstream.pipe(socket);
      // What a client says before the answer is for the other server as well.
      socket.pipe(upstream);
    });
    upstream.on("close", () => {
      done();
      socket.removeListener("close", leave);
      if (!answered) return onFailed();
      // What has arrived still leaves.
      if (socket.writableFinished) socket.destroy();
      else socket.once("finish", () => socket.destroy()).end();
    });
  }

  /** Ends what a server has yet to answer: it will not. */
  abandon({ id }: Member): void {
    for (const one of this.#inFlight.get(id) ?? []) one.destroy();
  }

  close(): void {
    for (const those of this.#inFlight.values()) for (const one of those) one.destroy();
    this.#agent.destroy();
  }

  /** @returns to be called when it is over; more than once does no harm */
  #add({ id }: Member, one: InFlight): () => void {
    const those = this.#inFlight.get(id) ?? new Set();
    this.#inFlight.set(id, those.add(one));
    this.#count++;
    return () => {
      if (!those.delete(one)) return;
      this.#count--;
      if (those.size === 0 && this.#inFlight.get(id) === those) this.#inFlight.delete(id);
    };
  }
}

class ForwardAgent extends Agent {
  override createConnection(options: TcpNetConnectOpts): Socket {
    return connectTo(options);
  }
}

function connectTo(to: { readonly host?: string | undefined; readonly port: number }): Socket {
  const socket = connect({ host: to.host ?? "127.0.0.1", port: to.port, noDelay: true });
  const giveUp = (): void => void socket.destroy(new Error("it is out of reach"));
  const timer = setTimeout(giveUp, CONNECT_TIMEOUT_MS);
  const stop = (): void => clearTimeout(timer);
  return socket.once("connect", stop).once("close", stop);
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) {
    // Those of HTTP/2 that begin with a colon are no fields of HTTP/1.1.
    if (!HOP_BY_HOP.has(name) && !name.startsWith(":")) kept[name] = headers[name];
  }
  return kept;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** The head of an upgrade request as it came, but for what concerns servers alone. */
function headOf(req: IncomingMessage, to: Member): string {
  const lines = [`${req.method} ${req.url} HTTP/1.1`, `${FORWARDED}: ${forwardedBy(req, to)}`];
  const { rawHeaders } = req;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.toLowerCase() !== FORWARDED) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
