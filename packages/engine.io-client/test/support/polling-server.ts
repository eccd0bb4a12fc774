import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { listening, portOf } from "../../../../tests/support/listening.ts";

export const OPEN = {
  sid: "abc",
  upgrades: [] as string[],
  pingInterval: 25_000,
  pingTimeout: 20_000,
  maxPayload: 1e6,
};

/** The open packet, with what a test wants otherwise. */
export function openPacket(changes: object = {}): string {
  return `0${JSON.stringify({ ...OPEN, ...changes })}`;
}

/** One request and the hand on its answer. */
export class Exchange {
  readonly query: URLSearchParams;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly body: string,
  ) {
    this.query = new URL(request.url!, "http://x").searchParams;
  }

  answer(body: string, status = 200, headers: Record<string, string | string[]> = {}): void {
    this.response.writeHead(status, { "Content-Type": "text/plain; charset=UTF-8", ...headers }).end(body);
  }

  /** Resolves when the client has dropped the request. */
  dropped(): Promise<void> {
    return new Promise((resolve) => {
      if (this.response.destroyed) resolve();
      else this.response.on("close", resolve);
    });
  }
}

/** A server that does nothing by itself: each request waits for the test's answer, in the order of arrival. */
export class PollingServer {
  readonly http: Server;
  /** GETs and POSTs that were not answered yet, at most. */
  mostAtOnce = { GET: 0, POST: 0 };
  readonly #waiting = { GET: [] as Exchange[], POST: [] as Exchange[] };
  readonly #takers = { GET: [] as ((exchange: Exchange) => void)[], POST: [] as ((exchange: Exchange) => void)[] };
  readonly #open = { GET: 0, POST: 0 };

  static async start(t: TestContext): Promise<PollingServer> {
    const server = new PollingServer();
    await listening(t, server.http);
    return server;
  }

  constructor() {
    this.http = createServer((request, response) => {
      const method = request.method as "GET" | "POST";
      this.mostAtOnce[method] = Math.max(this.mostAtOnce[method], ++this.#open[method]);
      response.on("close", () => this.#open[method]--);
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        const exchange = new Exchange(request, response, body);
        const taker = this.#takers[method].shift();
        if (taker) taker(exchange);
        else this.#waiting[method].push(exchange);
      });
    });
  }

  get port(): number {
    return portOf(this.http);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The next GET. */
  get(): Promise<Exchange> {
    return this.#next("GET");
  }

  /** The next POST. */
  post(): Promise<Exchange> {
    return this.#next("POST");
  }

  /** Answers the handshake and gives the first poll. */
  async handshake(changes: object = {}): Promise<Exchange> {
    (await this.get()).answer(openPacket(changes));
    return this.get();
  }

  #next(method: "GET" | "POST"): Promise<Exchange> {
    const exchange = this.#waiting[method].shift();
    if (exchange) return Promise.resolve(exchange);
    return new Promise((resolve) => this.#takers[method].push(resolve));
  }
}
