import { createServer, connect, type Server, type Socket } from "node:net";
import { listen, portOf } from "./listening.ts";

/**
 * A TCP proxy that fails on command and never by chance: a cut, a half-open link, a delay that ends when told, bytes in
 * small pieces, a server that refuses. It works below HTTP and WebSocket, so it does not know what it breaks.
 */
export class FaultyProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #targetPort: number;
  #mode: "forward" | "hold" | "half-open" | "refuse" = "forward";
  #chunkBytes = Infinity;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async start(targetPort: number): Promise<FaultyProxy> {
    // allowHalfOpen: who ends its half, and when, is passed on instead of being decided here.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new FaultyProxy(server, targetPort);
    await listen(server);
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where connections accepted from now on lead. */
  retarget(port: number): void {
    this.#targetPort = port;
  }

  /** Ends every link at once on both sides. New connections work. */
  cut(): void {
    for (const link of this.#links) link.destroy();
  }

  /** Ends every link for who connected; the other side still sees a live connection. New connections work. */
  cutNear(): void {
    for (const link of this.#links) link.destroyNear();
  }

  /** Ends every link and refuses new ones until {@link forward}. */
  refuse(): void {
    this.#mode = "refuse";
    this.cut();
  }

  /** From now on bytes and ends vanish, in both directions, while each side still sees a live connection. For good. */
  halfOpen(): void {
    this.#mode = "half-open";
    for (const link of this.#links) link.swallow();
  }

  /** Keeps bytes back, also those of new connections, until {@link forward}. */
  hold(): void {
    this.#mode = "hold";
    for (const link of this.#links) link.hold();
  }

  /** Ends `hold` and `refuse`: what was kept back goes on in order. */
  forward(): void {
    this.#mode = "forward";
    for (const link of this.#links) link.release();
  }

  /** Forwards at most so many bytes per write, so that receivers see frames and headers in pieces. */
  split(chunkBytes: number): void {
    this.#chunkBytes = chunkBytes;
    for (const link of this.#links) link.chunkBytes = chunkBytes;
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #accept(near: Socket): void {
    if (this.#mode === "refuse") {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.#targetPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const link = new Link(near, far, this.#chunkBytes, () => this.#links.delete(link));
    this.#links.add(link);
    if (this.#mode === "hold") link.hold();
    if (this.#mode === "half-open") link.swallow();
  }
}

/** One proxied connection: two sockets, each feeding the other. */
class Link {
  chunkBytes: number;
  readonly #sockets: readonly [Socket, Socket];
  readonly #onGone: () => void;
  #swallowing = false;

  constructor(near: Socket, far: Socket, chunkBytes: number, onGone: () => void) {
    this.#sockets = [near, far];
    this.#onGone = onGone;
    this.chunkBytes = chunkBytes;
    this.#feed(near, far);
    this.#feed(far, near);
  }

  hold(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  release(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  swallow(): void {
    this.#swallowing = true;
  }

  destroyNear(): void {
    this.#swallowing = true;
    this.#sockets[0].destroy();
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#onGone();
  }

  #feed(from: Socket, to: Socket): void {
    from.on("data", (data) => {
      if (this.#swallowing) return;
      for (let start = 0; start < data.length; start += this.chunkBytes) {
        to.write(data.subarray(start, start + this.chunkBytes));
      }
    });
    from.on("end", () => {
      if (!this.#swallowing) to.end();
    });
    // A reset of one side is a reset of the other; the error itself is the peers' business.
    from.on("error", () => {
      if (!this.#swallowing) this.destroy();
    });
    from.on("close", () => {
      if (this.#sockets.every((socket) => socket.destroyed)) this.#onGone();
    });
  }
}
