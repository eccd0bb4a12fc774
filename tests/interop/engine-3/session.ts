import { type EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import type { ServerOptions, Socket } from "engine.io";
import { FaultyProxy } from "../../support/faulty-proxy.js";
import { listen } from "../../support/listening.ts";
import { loadEngine, loadEngineClient3, type Maker } from "../implementations.js";

export type TransportMode = "polling" | "websocket" | "upgrade";

/** What these tests use of engine.io-client 3.5. */
export interface Client extends EventEmitter {
  readonly id: string;
  readonly readyState: string;
  readonly transport: { readonly name: string };
  send(data: string | Buffer | ArrayBuffer, options?: object, fn?: () => void): Client;
  close(): Client;
}

/** An engine with `allowEIO3` on a free port, a proxy before it, and clients of revision 3. */
export interface Stage {
  readonly proxy: FaultyProxy;
  /** Refused connections, as code and message. */
  readonly refusals: [number, string][];
  /** The server's end of the first client. */
  readonly connection: Promise<Socket>;
  /** A client that begins to connect, and that is closed after the test. */
  client(options?: object): Client;
  /** The first client, open, and the server's end of it; after the upgrade, if the mode has one. */
  pair(options?: object): Promise<{ client: Client; server: Socket }>;
}

const OldClient = loadEngineClient3() as new (url: string, options: object) => Client;

export async function stage(
  t: TestContext,
  maker: Maker,
  transport: TransportMode,
  options: ServerOptions = {},
): Promise<Stage> {
  const http = createServer();
  const engine = loadEngine(maker).attach(http, { allowEIO3: true, ...options });
  const refusals: Stage["refusals"] = [];
  const connection = once(engine, "connection").then(([socket]) => socket as Socket);
  engine.on("connection_error", ({ code, message }) => refusals.push([code, message]));
  // A polling session whose client is gone would wait for a GET for 30 s.
  engine.on("connection", (socket: Socket) => Object.assign(socket.transport, { closeTimeout: 100 }));
  const port = await listen(http);
  const proxy = await FaultyProxy.start(port);
  const clients: Client[] = [];
  t.after(() => {
    for (const client of clients) client.close();
    engine.close();
    proxy.close();
    http.close();
    http.closeAllConnections();
  });

  const client = (more: object = {}): Client => {
    const transports = transport === "upgrade" ? {} : { transports: [transport] };
    const made = new OldClient(`http://127.0.0.1:${proxy.port}`, { ...transports, ...more });
    clients.push(made);
    // Reported by tests that look for it; without a listener it would throw.
    made.on("error", () => {});
    return made;
  };

  const pair: Stage["pair"] = async (more) => {
    const made = client(more);
    const upgraded = transport === "upgrade" ? once(made, "upgrade") : undefined;
    const [server] = await Promise.all([connection, once(made, "open")]);
    await upgraded;
    // The client is first: the server has to read its packet yet.
    if (upgraded !== undefined && !server.upgraded) await once(server, "upgrade");
    return { client: made, server };
  };

  return { proxy, refusals, connection, client, pair };
}

/** The next `count` messages: text as it is, bytes in hex. */
export function messages(end: EventEmitter | Client, count: number): Promise<string[]> {
  const list: string[] = [];
  return new Promise((resolve) => {
    end.on("message", (data: string | Buffer | ArrayBuffer) => {
      list.push(typeof data === "string" ? data : `<${Buffer.from(data as Buffer).toString("hex")}>`);
      if (list.length === count) resolve(list);
    });
  });
}
