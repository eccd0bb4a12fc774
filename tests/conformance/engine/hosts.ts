import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { WebSocketServer } from "ws";
import { listen } from "../../support/listening.ts";
import type { Engine, EngineClass } from "./engine.ts";
import { MAKERS } from "./makers.ts";

/** Whose engine, and what brings requests to it. */
export interface Host {
  readonly name: string;
  readonly maker: keyof typeof MAKERS;
  /** Whether refused upgrades are answered as other requests are; else by text, and always 400 (row E-63). */
  readonly refusesAlike: boolean;
  /** Behaviours, by title, that are not so here, and what is instead. They have to fail. */
  readonly differs?: Readonly<Record<string, string>>;
  /** Behaviours, by title, that can't be asked for here, and why. */
  readonly lacks?: Readonly<Record<string, string>>;
  /** Starts an engine on a free port. */
  serve(options: object, attachOptions: object): Promise<Served>;
}

/** An engine that is being served. */
export interface Served {
  readonly engine: Engine;
  readonly port: number;
  /** The next request has reached the server. */
  arrival(): Promise<unknown>;
  /** Takes no more connections; resolves once the last one has ended. */
  stop(): Promise<unknown>;
  /** Ends everything, connections that nobody ends as well. */
  close(): void;
}

const WITH_WEBTRANSPORT = { transports: ["polling", "websocket", "webtransport"] };
const OURS = MAKERS.ours.Server;

/** WebSockets by our own endpoint. */
export const own = onNodeHttp("own endpoint", "ours", OURS);
/** WebSockets by `ws`. */
export const ws = onNodeHttp("ws", "ours", OURS, { wsEngine: WebSocketServer });
/** Where it does not matter who serves WebSockets. */
export const ours = onNodeHttp("ours", "ours", OURS);
/** With sessions of WebTransport, which whoever accepts them hands over. */
export const oursWithWebTransport = onNodeHttp("ours", "ours", OURS, WITH_WEBTRANSPORT);
export const upstreamWithWebTransport = onNodeHttp("upstream", "upstream", MAKERS.upstream.Server, WITH_WEBTRANSPORT);
/** The referee. */
export const upstream = onNodeHttp("upstream", "upstream", MAKERS.upstream.Server);

function onNodeHttp(name: string, maker: Host["maker"], Server: EngineClass, own: object = {}): Host {
  return {
    name,
    maker,
    refusesAlike: false,
    async serve(options, attachOptions) {
      const http = createServer((_req, res) => res.writeHead(404).end("app"));
      const connections = new Set<Socket>();
      http.on("connection", (connection) => connections.add(connection));
      const engine = new Server({ ...own, ...options });
      engine.attach(http, attachOptions);
      const port = await listen(http);
      return {
        engine,
        port,
        arrival: () => once(http, "request"),
        stop: () => once(http.close(), "close"),
        close() {
          engine.close();
          http.close();
          // WebSockets too: nobody answers their close frames, and the time after which they are cut stands still.
          for (const connection of connections) connection.destroy();
        },
      };
    },
  };
}
