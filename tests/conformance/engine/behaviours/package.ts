import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerOptions } from "node:http";
import { connect, type Socket } from "node:net";
import { WebSocketServer, type ServerOptions as ServerOptionsOfWs } from "ws";
import { listen, portOf } from "../../../support/listening.ts";
import { tcp } from "../../../support/raw-peer.ts";
import { upgradeRequest } from "../../../support/upgrade-request.ts";
import { ask } from "../http.ts";
import type { EngineModule } from "../makers.ts";
import { VirtualTime } from "../virtual-time.ts";

/** Closes what a behaviour opened. */
export type Afterwards = (close: () => unknown) => void;

/** What the package does apart from sessions: exports, defaults, HTTP servers. Not a matter of cells. */
export const packageBehaviours: Readonly<
  Record<string, (module: EngineModule, afterwards: Afterwards) => void | Promise<void>>
> = {
  "protocol is 4": ({ protocol }) => assert.equal(protocol, 4),

  "parser is the package engine.io-parser": ({ parser }) => {
    assert.equal(parser["protocol"], 4);
    for (const name of ["encodePacket", "encodePayload", "decodePacket", "decodePayload"]) {
      assert.equal(typeof parser[name], "function", name);
    }
  },

  "transports name what they can be upgraded to": ({ transports }) => {
    assert.equal(transports["polling"]?.upgradesTo?.[0], "websocket");
    assert.deepEqual(transports["websocket"]?.upgradesTo ?? [], []);
  },

  "the codes of refusals are on the class": ({ Server }) => {
    assert.deepEqual(Server.errors, {
      UNKNOWN_TRANSPORT: 0,
      UNKNOWN_SID: 1,
      BAD_HANDSHAKE_METHOD: 2,
      BAD_REQUEST: 3,
      FORBIDDEN: 4,
      UNSUPPORTED_PROTOCOL_VERSION: 5,
    });
    assert.deepEqual(Server.errorMessages, {
      0: "Transport unknown",
      1: "Session ID unknown",
      2: "Bad handshake method",
      3: "Bad request",
      4: "Forbidden",
      5: "Unsupported protocol version",
    });
  },

  "the defaults of the options": ({ Server }, afterwards) => {
    const engine = new Server({});
    afterwards(() => engine.close());
    const { pingTimeout, pingInterval, upgradeTimeout, maxHttpBufferSize, transports, allowUpgrades } = engine.opts;
    assert.deepEqual([pingTimeout, pingInterval, upgradeTimeout, maxHttpBufferSize], [20_000, 25_000, 10_000, 1e6]);
    assert.deepEqual([transports, allowUpgrades], [["polling", "websocket"], true]);
    const { httpCompression, cors, allowEIO3, perMessageDeflate, cookie, wsEngine } = engine.opts;
    assert.deepEqual([httpCompression, cors, allowEIO3], [{ threshold: 1024 }, false, false]);
    // Off; how it says so is of no matter.
    assert.deepEqual([Boolean(perMessageDeflate), Boolean(cookie)], [false, false]);
    assert.equal((wsEngine as { name: string }).name, "WebSocketServer");
    assert.deepEqual([engine.opts.allowRequest, engine.opts.initialPacket], [undefined, undefined]);
  },

  "options that are objects are merged with the defaults": ({ Server }, afterwards) => {
    const engine = new Server({ cookie: { name: "mine" }, perMessageDeflate: { concurrencyLimit: 5 }, pingTimeout: 1 });
    afterwards(() => engine.close());
    const { cookie, perMessageDeflate, pingTimeout, pingInterval } = engine.opts;
    assert.deepEqual(cookie, { name: "mine", path: "/", httpOnly: true, sameSite: "lax" });
    assert.deepEqual(perMessageDeflate, { threshold: 1024, concurrencyLimit: 5 });
    assert.deepEqual([pingTimeout, pingInterval], [1, 25_000]);
  },

  "a class of one's own serves WebSockets, where they are enabled": ({ Server }, afterwards) => {
    const made: { noServer?: boolean; maxPayload?: number }[] = [];
    class Recording extends WebSocketServer {
      constructor(options: ServerOptionsOfWs) {
        super(options);
        made.push(options);
      }
    }
    const one = new Server({ wsEngine: Recording, maxHttpBufferSize: 7 });
    const other = new Server({ wsEngine: Recording, transports: ["polling"] });
    afterwards(() => [one.close(), other.close()]);
    assert.deepEqual(
      made.map(({ noServer, maxPayload }) => [noServer, maxPayload]),
      [[true, 7]],
    );
  },

  "a new engine has no sessions": ({ Server }, afterwards) => {
    const engine = new Server({});
    afterwards(() => engine.close());
    assert.deepEqual([engine.clients, engine.clientsCount], [{}, 0]);
  },

  "listen makes an HTTP server that answers 501 to all else": async ({ listen }, afterwards) => {
    const engine = listen(0, { pingTimeout: 7 }, () => engine.emit("listens"));
    afterwards(() => [engine.close(), engine.httpServer.close(), engine.httpServer.closeAllConnections()]);
    await once(engine, "listens");
    assert.equal(engine.opts.pingTimeout, 7);
    const port = portOf(engine.httpServer);
    const other = await ask(port, "GET", "/other").answer;
    assert.deepEqual([other.status, other.body], [501, "Not Implemented"]);
    assert.equal((await ask(port, "GET", `/engine.io/${QUERY}`).answer).status, 200);
  },

  "listen takes a callback in place of options": async ({ listen }, afterwards) => {
    const engine = listen(0, () => engine.emit("listens"));
    afterwards(() => [engine.close(), engine.httpServer.close()]);
    await once(engine, "listens");
  },

  "attach makes an engine on an HTTP server, and does not keep the server": async (module, afterwards) => {
    const { port, engine } = await attached(module, afterwards, { pingTimeout: 7 });
    assert.ok(engine instanceof module.Server);
    assert.equal((engine as { httpServer?: unknown }).httpServer, undefined);
    assert.equal(engine.opts.pingTimeout, 7);
    assert.equal((await ask(port, "GET", `/engine.io/${QUERY}`).answer).status, 200);
  },

  "what is below the path is served, all else reaches the listeners that were there": async (module, afterwards) => {
    const { port } = await attached(module, afterwards);
    const status = async (path: string): Promise<number> => (await ask(port, "GET", `${path}${QUERY}`).answer).status;
    assert.equal(await status("/engine.io/"), 200);
    assert.equal(await status("/engine.io/foo"), 200);
    for (const path of ["/", "/engine.io", "/Engine.io/", "/engine.iofoo/"])
      assert.equal(await status(path), 404, path);
  },

  "two engines share an HTTP server": async (module, afterwards) => {
    const { port, engine, http } = await attached(module, afterwards, { path: "/one" });
    const other = module.attach(http, { path: "/two" });
    afterwards(() => other.close());
    await ask(port, "GET", `/one/${QUERY}`).answer;
    await ask(port, "GET", `/two/${QUERY}`).answer;
    await ask(port, "GET", `/two/${QUERY}`).answer;
    assert.deepEqual([engine.clientsCount, other.clientsCount], [1, 2]);
  },

  "upgrade requests for other paths are ended after a second, without a byte": async (module, afterwards) => {
    const { port, http } = await attached(module, afterwards);
    const foreign = await foreignUpgrade(port, http, afterwards);
    foreign.clock.advance(990);
    assert.equal(foreign.isEnded(), false);
    foreign.clock.advance(20);
    assert.equal(await foreign.received, "");
  },

  "destroyUpgradeTimeout may be given": async (module, afterwards) => {
    const { port, http } = await attached(module, afterwards, { destroyUpgradeTimeout: 50 });
    const foreign = await foreignUpgrade(port, http, afterwards);
    foreign.clock.advance(60);
    assert.equal(await foreign.received, "");
  },

  "a destroyUpgradeTimeout of 0 is the default": async (module, afterwards) => {
    const { port, http } = await attached(module, afterwards, { destroyUpgradeTimeout: 0 });
    const foreign = await foreignUpgrade(port, http, afterwards);
    foreign.clock.advance(990);
    assert.equal(foreign.isEnded(), false);
    foreign.clock.advance(20);
    assert.equal(await foreign.received, "");
  },

  "with destroyUpgrade: false they are left alone": async (module, afterwards) => {
    const { port, http } = await attached(module, afterwards, { destroyUpgrade: false });
    const foreign = await foreignUpgrade(port, http, afterwards);
    foreign.clock.advance(60_000);
    assert.equal(foreign.isEnded(), false);
  },

  "those that somebody has answered are left alone": async (module, afterwards) => {
    const { port, http } = await attached(module, afterwards);
    http.on("upgrade", (_req, socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    const foreign = await foreignUpgrade(port, http, afterwards);
    foreign.clock.advance(60_000);
    assert.equal(foreign.isEnded(), false);
  },

  "an HTTP server that listens again is served again": async (module, afterwards) => {
    const { engine, http } = await attached(module, afterwards);
    http.close();
    await once(http, "close");
    const port = await listening(http, afterwards);
    const connected = once(engine, "connection");
    const socket = connect(port, "127.0.0.1");
    afterwards(() => socket.destroy());
    socket.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket"));
    await connected;
    assert.equal(engine.clientsCount, 1);
  },

  "an Origin with control characters is refused where the HTTP server lets it through": async (module, afterwards) => {
    const { port, engine } = await attached(module, afterwards, {}, { insecureHTTPParser: true });
    const reported = once(engine, "connection_error") as Promise<[{ code: number; context: object }]>;
    const head = `GET /engine.io/${QUERY} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: a\u0001b\r\n\r\n`;
    assert.match(await tcp(port, head), /^HTTP\/1.1 400 [^]*\{"code":3,"message":"Bad request"\}/);
    const [{ code, context }] = await reported;
    assert.deepEqual([code, context], [3, { name: "INVALID_ORIGIN", origin: "a\u0001b" }]);
  },

  "requests may be handed over by a framework": async ({ Server }, afterwards) => {
    const engine = new Server({});
    const http = createServer((req, res) => engine.handleRequest(req, res));
    http.on("upgrade", (req: IncomingMessage, socket: Socket, head) => engine.handleUpgrade(req, socket, head));
    const port = await listening(http, afterwards);
    afterwards(() => engine.close());
    assert.equal((await ask(port, "GET", `/anything${QUERY}`).answer).status, 200);
    const connected = once(engine, "connection");
    const socket = connect(port, "127.0.0.1");
    afterwards(() => socket.destroy());
    socket.write(upgradeRequest("/anything?EIO=4&transport=websocket"));
    await connected;
    assert.equal(engine.clientsCount, 2);
  },

  "a query that a framework has parsed is taken as it is": async ({ Server }, afterwards) => {
    const engine = new Server({});
    const http = createServer((req, res) => {
      Object.assign(req, { _query: { EIO: "4", transport: "polling", mine: "yes" } });
      engine.handleRequest(req, res);
    });
    const port = await listening(http, afterwards);
    afterwards(() => engine.close());
    const connected = once(engine, "connection") as Promise<[{ request: { _query: object } }]>;
    assert.equal((await ask(port, "GET", "/anything").answer).status, 200);
    assert.deepEqual((await connected)[0].request._query, { EIO: "4", transport: "polling", mine: "yes" });
  },
};

const QUERY = "?EIO=4&transport=polling";

async function attached(
  { attach }: EngineModule,
  afterwards: Afterwards,
  options: object = {},
  serverOptions: ServerOptions = {},
): Promise<{ engine: ReturnType<EngineModule["attach"]>; http: HttpServer; port: number }> {
  const http = createServer(serverOptions, (_req, res) => res.writeHead(404).end("app"));
  const engine = attach(http, options);
  afterwards(() => engine.close());
  return { engine, http, port: await listening(http, afterwards) };
}

async function listening(http: HttpServer, afterwards: Afterwards): Promise<number> {
  const port = await listen(http);
  afterwards(() => [http.close(), http.closeAllConnections()]);
  return port;
}

/** An upgrade request for a path that is not the engine's, at the moment in which it has arrived. */
async function foreignUpgrade(
  port: number,
  http: HttpServer,
  afterwards: Afterwards,
): Promise<{ clock: VirtualTime; isEnded: () => boolean; received: Promise<string> }> {
  const arrived = once(http, "upgrade") as Promise<[unknown, Socket]>;
  const peer = connect(port, "127.0.0.1");
  peer.setEncoding("latin1");
  peer.write(upgradeRequest("/foreign"));
  let text = "";
  peer.on("data", (chunk: string) => (text += chunk));
  const received = once(peer, "end").then(() => text);
  const [, socket] = await arrived;
  afterwards(() => [peer.destroy(), socket.destroy()]);
  return { clock: VirtualTime.install(), isEnded: () => socket.writableEnded, received };
}
