import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import { describe, test } from "node:test";
import * as engineIo from "engine.io";
import { attach, listen, Server, type Socket } from "engine.io";
import { deferred } from "../../../tests/support/deferred.ts";
import { listening, portOf } from "../../../tests/support/listening.ts";
import { http, RawPolling, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, POLLING, RawConnection, WEBSOCKET, pollingSession, serve, websocketSession } from "./support.ts";

const QUERY = "?EIO=4&transport=polling";

describe("paths", () => {
  test("what is below the path is served, all else reaches the listeners that were there before", async (t) => {
    const { port } = await serve(t);
    const status = async (target: string): Promise<number> => (await http(port, "GET", target)).status;
    assert.equal(await status(`/engine.io/${QUERY}`), 200);
    assert.equal(await status(`/engine.io/foo${QUERY}`), 200);
    for (const foreign of ["/other", `/engine.io${QUERY}`, `/Engine.io/${QUERY}`, `/engine.iofoo/${QUERY}`]) {
      assert.equal(await status(foreign), 404, foreign);
    }
  });

  test("without addTrailingSlash the path is a whole segment", async (t) => {
    const { port } = await serve(t, {}, { path: "/foo/", addTrailingSlash: false });
    const status = async (target: string): Promise<number> => (await http(port, "GET", target)).status;
    assert.equal(await status(`/foo${QUERY}`), 200);
    assert.equal(await status(`/foo/${QUERY}`), 200);
    assert.equal(await status(`/foobar${QUERY}`), 404);
  });

  test("several engines share one server", async (t) => {
    const server = createServer((_req, res) => res.writeHead(404).end("app"));
    const one = attach(server, { path: "/one" });
    const two = attach(server, { path: "/two" });
    const port = await listening(t, server);
    t.after(() => [one.close(), two.close()]);
    for (const [engine, path] of [
      [one, "/one/"],
      [two, "/two/"],
    ] as const) {
      const connection = once(engine, "connection");
      await new RawPolling(port, path).handshake();
      await connection;
      const websocket = await new RawWebSocket(port, "", path).opened();
      await websocket.receive(1);
      assert.equal(engine.clientsCount, 2);
      websocket.close();
    }
    assert.equal((await http(port, "GET", "/three/")).body, "app");
  });

  test("two engines on one path do not both answer an upgrade", async (t) => {
    const server = createServer();
    const one = attach(server);
    const two = attach(server);
    const port = await listening(t, server);
    t.after(() => [one.close(), two.close()]);
    const peer = await new RawWebSocket(port, "", PATH).opened();
    await peer.receive(1);
    assert.deepEqual([one.clientsCount, two.clientsCount], [1, 0]);
    peer.close();
  });

  test("handleRequest and handleUpgrade serve requests that a framework has routed, with the query it has parsed", async (t) => {
    const engine = new Server();
    const server = createServer((req, res) => {
      Object.assign(req, { _query: { EIO: "4", transport: "polling" } });
      engine.handleRequest(req, res);
    });
    server.on("upgrade", (req, socket, head) => engine.handleUpgrade(req, socket, head));
    const port = await listening(t, server);
    t.after(() => engine.close());
    assert.equal((await http(port, "GET", "/anywhere")).status, 200);
    const peer = await new RawWebSocket(port, "", "/elsewhere").opened();
    await peer.receive(1);
    assert.equal(engine.clientsCount, 2);
    peer.close();
  });
});

describe("upgrade requests for other paths", () => {
  test("are ended without a byte if nobody answers", async (t) => {
    const { port } = await serve(t, {}, { destroyUpgradeTimeout: 20 });
    const peer = new RawConnection(port, upgradeRequest("/foreign/"));
    await peer.closed;
    assert.equal(peer.text, "");
  });

  test("are left alone if somebody has written, or another engine is still thinking", async (t) => {
    const server = createServer();
    const allowed = deferred();
    const other = attach(server, {
      path: "/slow",
      allowRequest: (_req, answer) => void allowed.promise.then(() => answer(null, true)),
    });
    attach(server, { path: "/engine.io", destroyUpgradeTimeout: 20 });
    server.on("upgrade", (req, socket) => {
      if (req.url === "/mine") socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    });
    const port = await listening(t, server);
    t.after(() => other.close());
    const mine = new RawConnection(port, upgradeRequest("/mine"));
    const slow = new RawConnection(port, upgradeRequest("/slow/?EIO=4&transport=websocket"));
    const foreign = new RawConnection(port, upgradeRequest("/foreign"));
    // Asked last and cut: the time of the others has passed too.
    await foreign.closed;
    allowed.resolve();
    await slow.received('"maxPayload"');
    assert.equal(mine.socket.readyState, "open");
    mine.socket.destroy();
    slow.socket.destroy();
  });

  test("are left alone with destroyUpgrade: false", async (t) => {
    const { port } = await serve(t, {}, { destroyUpgrade: false, destroyUpgradeTimeout: 10 });
    const other = createServer();
    attach(other, { destroyUpgradeTimeout: 30 });
    const otherPort = await listening(t, other);
    const left = new RawConnection(port, upgradeRequest("/foreign"));
    await once(left.socket, "connect");
    const cut = new RawConnection(otherPort, upgradeRequest("/foreign"));
    await cut.closed;
    assert.equal(left.socket.readyState, "open");
    left.socket.destroy();
  });

  test("a reset of such a connection does not end the process", async (t) => {
    const { http: server, port } = await serve(t);
    const upgrade = once(server, "upgrade");
    const peer = new RawConnection(port, upgradeRequest("/foreign", { Upgrade: "h2c" }));
    const [, socket] = (await upgrade) as [unknown, TcpSocket];
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    peer.socket.resetAndDestroy();
    await closed;
  });
});

describe("close", () => {
  test("ends all sessions at once and leaves nothing that keeps the server open", async (t) => {
    const served = await serve(t);
    const [polling] = await pollingSession(served);
    const [websocket] = await websocketSession(served);
    const held = polling.poll();
    await polling.post("4x");
    assert.equal(served.engine.close(), served.engine);
    assert.equal(served.engine.clientsCount, 0);
    assert.deepEqual(Object.keys(served.engine.clients), []);
    assert.deepEqual(
      served.endings.map(({ reason }) => reason),
      ["forced close", "forced close"],
    );
    assert.equal((await held).body, "1");
    assert.deepEqual(await websocket.receive(1), ["closed 1005"]);
    const closed = once(served.http, "close");
    served.http.close();
    await closed;
  });

  test("a handshake that was under way does not begin a session after it", async (t) => {
    const served = await serve(t);
    const id = deferred<string>();
    const asked = deferred();
    served.engine.generateId = () => {
      asked.resolve();
      return id.promise;
    };
    const answer = http(served.port, "GET", POLLING);
    await asked.promise;
    served.engine.close();
    id.resolve("late");
    assert.equal((await answer).status, 400);
    assert.equal(served.engine.clientsCount, 0);
  });

  test("the end of the HTTP server closes the engine, and it serves again when the server listens again", async (t) => {
    const server = createServer();
    const engine = attach(server);
    let port = await listening(t, server);
    const connection = once(engine, "connection");
    await new RawPolling(port, PATH).handshake();
    const [socket] = (await connection) as [Socket];
    server.close();
    server.closeAllConnections();
    await once(server, "close");
    assert.equal(socket.readyState, "closed");
    port = await listening(t, server);
    const peer = await new RawWebSocket(port, "", PATH).opened();
    assert.match((await peer.receive(1))[0] as string, /^0\{/);
    peer.close();
    engine.close();
  });

  test("new WebSockets are refused after it", async (t) => {
    const served = await serve(t);
    served.engine.close();
    const peer = new RawConnection(served.port, upgradeRequest(WEBSOCKET));
    await peer.closed;
    assert.match(peer.text, /^HTTP\/1.1 503 /);
  });
});

test("listen answers 501 to what is not the engine's, and knows its HTTP server", async (t) => {
  const { port, engine } = await new Promise<{ port: number; engine: Server }>((resolve) => {
    const made = listen(0, {}, () => {
      resolve({ port: portOf(made.httpServer!), engine: made });
    });
  });
  t.after(() => {
    engine.close();
    engine.httpServer!.close();
  });
  const answer = await http(port, "GET", "/other");
  assert.deepEqual([answer.status, answer.body], [501, "Not Implemented"]);
  assert.equal((await http(port, "GET", POLLING)).status, 200);
  const short = await new Promise<Server>((resolve) => {
    const made: Server = listen(0, () => resolve(made));
  });
  short.httpServer!.close();
});

test("the package exports these names", () => {
  const names = ["Server", "Socket", "Transport", "attach", "listen", "parser", "protocol", "transports", "uServer"];
  assert.deepEqual(
    Object.keys(engineIo)
      .filter((name) => name !== "module.exports" && name !== "default")
      .sort(),
    names,
  );
  assert.equal(engineIo.protocol, 4);
  assert.equal(typeof engineIo.parser.encodePacket, "function");
  assert.deepEqual(Object.keys(engineIo.transports), ["polling", "websocket", "webtransport"]);
  assert.equal(attach(createServer(), {}).httpServer, undefined);
});
