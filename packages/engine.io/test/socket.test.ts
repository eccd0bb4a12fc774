import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Server, type Socket } from "engine.io";
import { WebSocketServer } from "ws";
import { POLLING, pollingSession, serve, WEBSOCKET, websocketSession } from "./support.ts";

test("a new session has these properties", async (t) => {
  const served = await serve(t);
  const [peer, socket] = await pollingSession(served);
  assert.match(socket.id, /^[\w-]{20}$/);
  assert.equal(socket.id, peer.sid);
  assert.equal(socket.protocol, 4);
  assert.equal(socket.readyState, "open");
  assert.equal(socket.remoteAddress, "127.0.0.1");
  assert.equal(socket.request.url, POLLING);
  assert.deepEqual({ ...socket.request._query }, { EIO: "4", transport: "polling" });
  assert.deepEqual([socket.transport.name, socket.transport.sid, socket.transport.protocol], ["polling", socket.id, 4]);
  assert.deepEqual([socket.upgrading, socket.upgraded], [false, false]);
  assert.equal(served.engine.clients[socket.id], socket);
  assert.equal(served.engine.clientsCount, 1);
  delete (socket as { request?: unknown }).request;
  assert.equal(socket.request, undefined);
});

test("keepRequest: false takes the request away once it was seen", async (t) => {
  for (const [options, isKept] of [
    [{}, true],
    [{ keepRequest: false }, false],
  ] as const) {
    const served = await serve(t, options);
    const seen: unknown[] = [];
    served.engine.on("connection", ({ request }: Socket) => seen.push(request.url));
    const [peer, socket] = await websocketSession(served);
    assert.deepEqual(seen, [WEBSOCKET]);
    assert.equal(socket.request === null, !isKept);
    assert.equal(socket.remoteAddress, "127.0.0.1");
    const message = once(socket, "message");
    peer.send("4hi");
    await message;
    peer.close();
  }
});

test("clients is one object, whose members come and go with the sessions, whenever it was asked for", async (t) => {
  const served = await serve(t);
  const [, first] = await pollingSession(served);
  const { clients } = served.engine;
  assert.deepEqual(Object.entries(clients), [[first.id, first]]);
  const [, second] = await pollingSession(served);
  assert.deepEqual(Object.keys(clients), [first.id, second.id]);
  first.close(true);
  assert.deepEqual(Object.values(clients), [second]);
  assert.equal(served.engine.clients, clients);
});

test("ids have 120 random bits, and no two are alike", async (t) => {
  const served = await serve(t);
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const peer = served.polling();
      await peer.handshake();
      return peer.sid;
    }),
  );
  assert.equal(new Set(ids).size, 20);
  const bytes = ids.map((id) => Buffer.from(id.replaceAll("-", "+").replaceAll("_", "/"), "base64"));
  // hostile.md, "guessable session ids": no part of them is a counter.
  assert.ok(bytes.every((id) => id.length === 15));
  for (let at = 0; at < 15; at += 3) assert.ok(new Set(bytes.map((id) => id.readUIntBE(at, 3))).size > 15);
  assert.equal(new Set(bytes.map((id) => id.toString("hex", 0, 12))).size, 20);
});

describe("options", () => {
  test("have these defaults", () => {
    const { wsEngine, ...opts } = new Server().opts;
    assert.equal(wsEngine, WebSocketServer);
    assert.deepEqual(opts, {
      pingTimeout: 20_000,
      pingInterval: 25_000,
      upgradeTimeout: 10_000,
      handshakeTimeout: 45_000,
      keepRequest: true,
      maxHttpBufferSize: 1e6,
      maxBufferedBytes: 16 * 1024 * 1024,
      maxBufferedPackets: 100_000,
      maxForwards: 10_000,
      slowReader: "disconnect",
      transports: ["polling", "websocket"],
      allowUpgrades: true,
      httpCompression: { threshold: 1_024 },
      perMessageDeflate: false,
      cookie: false,
      cors: false,
      allowEIO3: false,
    });
  });

  test("that are undefined count as not given, objects are merged with the defaults", () => {
    const { opts } = new Server({ pingTimeout: undefined, cookie: { name: "x" }, perMessageDeflate: true });
    assert.equal(opts.pingTimeout, 20_000);
    assert.deepEqual(opts.cookie, { name: "x", path: "/", httpOnly: true, sameSite: "lax" });
    assert.deepEqual(opts.perMessageDeflate, { threshold: 1_024 });
  });

  test("wsEngine, which is loaded when it is read, can be set for one server", () => {
    class Other extends WebSocketServer {}
    const { opts } = new Server();
    opts.wsEngine = Other;
    assert.equal(opts.wsEngine, Other);
    assert.equal({ ...opts }.wsEngine, Other);
    assert.equal(new Server().opts.wsEngine, WebSocketServer);
  });

  test("the codes of refusals are on the class", () => {
    assert.deepEqual(Server.errors, {
      UNKNOWN_TRANSPORT: 0,
      UNKNOWN_SID: 1,
      BAD_HANDSHAKE_METHOD: 2,
      BAD_REQUEST: 3,
      FORBIDDEN: 4,
      UNSUPPORTED_PROTOCOL_VERSION: 5,
    });
    assert.equal(Server.errorMessages[4], "Forbidden");
  });
});

describe("events of a session", () => {
  test("packet, data and message of what arrives", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    const log: unknown[] = [];
    socket.on("packet", (packet) => log.push(["packet", packet]));
    socket.on("data", (data) => log.push(["data", data]));
    socket.on("message", (data) => log.push(["message", data]));
    const message = once(socket, "message");
    peer.send("4hi");
    await message;
    assert.deepEqual(log, [
      ["packet", { type: "message", data: "hi" }],
      ["data", "hi"],
      ["message", "hi"],
    ]);
    peer.close();
  });

  test("packetCreate of what leaves, pings too; its options may be changed", async (t) => {
    const served = await serve(t, { pingInterval: 20 });
    const [peer, socket] = await websocketSession(served);
    const log: string[] = [];
    const shared = { compress: true };
    socket.on("packetCreate", (packet) => {
      log.push(packet.type);
      if (packet.type === "message") packet.options.compress = false;
    });
    socket.send("x", shared);
    assert.deepEqual(await peer.receive(2), ["4x", "2"]);
    assert.deepEqual(log, ["message", "ping"]);
    assert.deepEqual(shared, { compress: true });
    peer.close();
  });

  test("flush and drain, on the session and on the server", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const log: unknown[] = [];
    socket.on("flush", (packets: { data: string }[]) => log.push(["flush", packets.map(({ data }) => data)]));
    socket.on("drain", () => log.push(["drain"]));
    served.engine.on("flush", (of: Socket, packets: unknown[]) => log.push(["flush", of.id, packets.length]));
    served.engine.on("drain", (of: Socket) => log.push(["drain", of.id]));
    socket.send("a");
    socket.send("b");
    assert.deepEqual(log, []);
    await peer.poll();
    assert.deepEqual(log, [["flush", ["a", "b"]], ["flush", socket.id, 2], ["drain"], ["drain", socket.id]]);
  });

  test("connection comes when the handshake has left, and close exactly once", async (t) => {
    const served = await serve(t);
    const flushed: string[] = [];
    served.engine.on("flush", (_socket, packets: { type: string }[]) =>
      flushed.push(...packets.map(({ type }) => type)),
    );
    served.engine.on("connection", () => flushed.push("connection"));
    const [, socket] = await pollingSession(served);
    assert.deepEqual(flushed, ["open", "connection"]);
    socket.close(true);
    socket.close(true);
    socket.close();
    assert.equal(served.endings.length, 1);
  });
});

describe("send", () => {
  test("calls back with the transport after the message has been taken, never before it returns", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await websocketSession(served);
    const log: string[] = [];
    const done = new Promise<void>((resolve) => {
      socket.send("a", (transport) => log.push(`a by ${transport.name}`));
      socket.write("b", { compress: false }, (transport) => {
        log.push(`b by ${transport.name}`);
        resolve();
      });
    });
    log.push("returned");
    await done;
    assert.deepEqual(log, ["returned", "a by websocket", "b by websocket"]);
    assert.deepEqual(await peer.receive(2), ["4a", "4b"]);
    peer.close();
  });

  test("what waits, and whose callbacks wait, can be looked at", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    const looked = socket as unknown as {
      writeBuffer: { data: string }[];
      packetsFn: unknown[];
      sentCallbackFn: unknown[];
      server: unknown;
      cleanupFn: unknown[];
      pingTimeoutTimer: unknown;
      pingIntervalTimer: unknown;
    };
    assert.deepEqual([looked.cleanupFn, looked.pingTimeoutTimer, looked.pingIntervalTimer], [[], null, null]);
    const callback = (): void => {};
    assert.equal(looked.server, served.engine);
    socket.send("a", callback).send("b");
    assert.deepEqual(
      [looked.writeBuffer.map(({ data }) => data), looked.packetsFn, looked.sentCallbackFn],
      [["a", "b"], [callback], []],
    );
    let during: unknown;
    socket.once("flush", () => {
      during = [looked.writeBuffer.length, looked.packetsFn, looked.sentCallbackFn];
    });
    await peer.poll();
    assert.deepEqual(during, [0, [], [callback]]);
    assert.deepEqual([looked.packetsFn, looked.sentCallbackFn], [[], []]);
  });

  test("over polling the callback waits for the GET that takes the message", async (t) => {
    const served = await serve(t);
    const [peer, socket] = await pollingSession(served);
    let isTaken = false;
    const taken = new Promise<void>((resolve) => {
      socket.send("a", undefined, () => {
        isTaken = true;
        resolve();
      });
    });
    await peer.post("4x");
    assert.equal(isTaken, false);
    await peer.poll();
    await taken;
  });

  for (const [over, discard] of [
    ["polling", true],
    ["websocket", false],
  ] as const) {
    test(`who waits for what has left by ${over} is told before the end, also if it comes at once`, async (t) => {
      const served = await serve(t);
      const [peer, socket] = await (over === "polling" ? pollingSession(served) : websocketSession(served));
      const received = peer.receive(1);
      while (!socket.transport.writable) await new Promise((resolve) => setImmediate(resolve));
      const log: string[] = [];
      for (const event of ["drain", "close"]) socket.on(event, () => log.push(event));
      served.engine.on("drain", () => log.push("drain of the server"));
      socket.send("last words", () => log.push("callback"));
      const closed = once(socket, "close");
      socket.close(discard);
      assert.deepEqual(await received, ["4last words"]);
      await closed;
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(log, ["drain", "drain of the server", "callback", "close"]);
    });
  }

  test("does nothing once the session is over", async (t) => {
    const served = await serve(t);
    const [, socket] = await pollingSession(served);
    socket.close(true);
    assert.equal(
      socket.send("x", () => assert.fail("called")),
      socket,
    );
  });
});

test("a receiver is called directly, before listeners, and told of the end once", async (t) => {
  const served = await serve(t);
  const log: unknown[] = [];
  served.engine.on("connection", (socket: Socket) => {
    socket.receiver = {
      onData: (data) => log.push(["receiver", data]),
      onClose: (reason) => log.push(["receiver", reason]),
    };
    socket.on("data", (data) => log.push(["listener", data]));
  });
  const [peer] = await pollingSession(served);
  await peer.post("4a", "4b", "1");
  assert.deepEqual(log, [
    ["receiver", "a"],
    ["listener", "a"],
    ["receiver", "b"],
    ["listener", "b"],
    ["receiver", "transport close"],
  ]);
});
