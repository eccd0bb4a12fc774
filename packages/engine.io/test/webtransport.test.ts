import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { describe, test } from "node:test";
import { Server, transports, type Socket, type WebTransportSession } from "engine.io";
import { deferred } from "../../../tests/support/deferred.ts";
import { RawWebTransport } from "../../../tests/support/memory-webtransport.ts";
import { serve } from "./support.ts";
import { OPTIONS, arrive, turnedAway, webtransportSession } from "./webtransport-support.ts";

type Next = (error?: unknown) => void;

describe("webtransport: a new session", { timeout: 60_000 }, () => {
  test("begins with the client's open packet, and is answered with the handshake", async (t) => {
    const served = await serve(t, OPTIONS);
    const connection = served.connection();
    const [peer, done] = await arrive(served);
    await peer.send({ type: "open" });
    const packet = await peer.receive();
    const socket = await connection;
    assert.equal(packet?.type, "open");
    assert.deepEqual(JSON.parse(packet.data), {
      sid: socket.id,
      upgrades: [],
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1000,
    });
    assert.match(socket.id, /^[\w-]{20}$/);
    assert.equal(served.engine.clients[socket.id], socket);
    await done;
  });

  test("has protocol 4, its transport's name and session, and no request, headers or address", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    assert.equal(socket.protocol, 4);
    assert.equal(socket.transport.name, "webtransport");
    assert.ok(socket.transport instanceof transports.webtransport);
    assert.equal(socket.transport.session, peer.server);
    assert.equal(socket.transport.sid, socket.id);
    assert.equal(socket.request, null);
    assert.equal(socket.remoteAddress, undefined);
  });

  test("carries text, bytes and nothing at all both ways", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const received: unknown[] = [];
    socket.on("message", (data: unknown) => received.push(data));
    await peer.send(
      { type: "message", data: "€" },
      { type: "message", data: Buffer.of(1, 2) },
      { type: "message", data: "" },
    );
    socket
      .send("€")
      .send(Uint8Array.of(3))
      .send("")
      .send(Buffer.alloc(0))
      .send(new Blob(["blob"]))
      .send("last");
    const packets = [];
    for (let i = 0; i < 6; i++) packets.push(await peer.receive());
    assert.deepEqual(
      packets.map((packet) => packet?.data),
      ["€", Buffer.of(3), undefined, Buffer.alloc(0), Buffer.from("blob"), "last"],
    );
    assert.deepEqual(received, ["€", Buffer.of(1, 2), undefined]);
  });

  test("gets the initial packet, and callbacks and drain once the stream has taken what was sent", async (t) => {
    const served = await serve(t, { ...OPTIONS, initialPacket: "welcome" });
    const [peer, socket] = await webtransportSession(served);
    assert.deepEqual(await peer.receive(), { type: "message", data: "welcome" });
    const called = deferred<string>();
    socket.send("a", {}, (transport) => called.resolve(transport.name));
    await peer.receive();
    assert.equal(await called.promise, "webtransport");
  });

  test("is served whatever the path, the address and `transports` say: who accepts it decides", async (t) => {
    const served = await serve(t);
    const [, socket] = await webtransportSession(served);
    assert.equal(socket.transport.name, "webtransport");
  });

  test("packets that come in one chunk with the open packet are not lost", async (t) => {
    const served = await serve(t, OPTIONS);
    const messages: unknown[] = [];
    served.engine.on("connection", (socket: Socket) => socket.on("message", (data: unknown) => messages.push(data)));
    const [peer] = await arrive(served);
    peer.sendHex("0130023461023462");
    await peer.receive();
    assert.deepEqual(messages, ["a", "b"]);
  });

  test("what a listener throws is an uncaught exception, and the packets behind it still arrive", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const thrown = deferred<unknown>();
    // The test runner listens too, and would take the exception for its own.
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => thrown.resolve(error));
    t.after(() => others.forEach((listener) => process.on("uncaughtException", listener)));
    const second = deferred<unknown>();
    socket.on("message", (data: unknown) => {
      if (data === "bad") throw new Error("of the application");
      second.resolve(data);
    });
    await peer.send({ type: "message", data: "bad" }, { type: "message", data: "good" });
    assert.equal(((await thrown.promise) as Error).message, "of the application");
    assert.equal(await second.promise, "good");
    assert.equal(socket.readyState, "open");
  });

  test("takes sessions of the shape that browsers have", () => {
    // A matter of types: this is checked when the tests are compiled.
    const accepts = (engine: Server, session: WebTransport): Promise<void> => engine.onWebTransportSession(session);
    const isSession = (session: WebTransport): WebTransportSession => session;
    assert.deepEqual([accepts.length, isSession.length], [2, 1]);
  });
});

describe("webtransport: sessions that are turned away", { timeout: 60_000 }, () => {
  const first: readonly [string, string][] = [
    ["another packet than open", "0132"],
    ["bytes", "8101"],
    ["a frame of no length", "00"],
    ["a frame above maxHttpBufferSize", "7e03e9"],
    ["a packet of no known type", "0139"],
    ["open with broken JSON", "03307b78"],
    ["open with null", "05306e756c6c"],
    ["open with a number", "023031"],
    ["open without a sid", "03307b7d"],
    ["open with a sid that is no text", Buffer.from('\x0a0{"sid":1}').toString("hex")],
    ["open with an empty sid", Buffer.from('\x0b0{"sid":""}').toString("hex")],
    ["open with an unknown sid", Buffer.from('\x0f0{"sid":"nope"}').toString("hex")],
    ["open with the name of an object's member", Buffer.from('\x160{"sid":"constructor"}').toString("hex")],
    ["open with __proto__", Buffer.from('\x140{"sid":"__proto__"}').toString("hex")],
  ];
  for (const [what, hex] of first) {
    test(`first packet: ${what}`, async (t) => {
      const served = await serve(t, OPTIONS);
      await turnedAway(served, (peer) => peer.sendHex(hex));
      assert.equal(served.engine.clientsCount, 0);
      // The end of a stream is told in the turn after its last packets.
      await new Promise((resolve) => setImmediate(resolve));
      const counted = what === "a frame above maxHttpBufferSize" ? [["maxHttpBufferSize", 1]] : [];
      assert.deepEqual([...served.engine.limitsReached.entries()], counted);
    });
  }

  test("the stream does not come within upgradeTimeout", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const engine = new Server({ ...OPTIONS, upgradeTimeout: 400 });
    const peer = new RawWebTransport();
    const done = engine.onWebTransportSession(peer.server);
    t.mock.timers.tick(399);
    assert.equal(peer.isClosed, false);
    t.mock.timers.tick(1);
    assert.equal(peer.isClosed, true);
    await done;
  });

  test("the stream comes, but no packet within upgradeTimeout", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const engine = new Server({ ...OPTIONS, upgradeTimeout: 400 });
    const peer = await new RawWebTransport().open();
    const done = engine.onWebTransportSession(peer.server);
    peer.sendHex("01");
    t.mock.timers.tick(400);
    await done;
    assert.equal(peer.server.closedByServer, 1);
  });

  test("no stream can come any more, or the session breaks before it has opened", async (t) => {
    const served = await serve(t, OPTIONS);
    for (const end of ["endStreams", "close"] as const) {
      const peer = new RawWebTransport();
      const done = served.engine.onWebTransportSession(peer.server);
      peer[end]();
      await done;
      assert.ok(peer.isClosed);
    }
    const [peer, done] = await arrive(served);
    peer.fail(new Error("lost"));
    await done;
    await turnedAway(served, (other) => other.resetStream(new Error("reset")));
    await turnedAway(served, (other) => other.endStream());
    assert.equal(served.engine.clientsCount, 0);
  });

  test("the server closes meanwhile", async (t) => {
    const served = await serve(t, OPTIONS);
    await turnedAway(served, () => served.engine.close());
  });
});

describe("webtransport: middlewares and cors", { timeout: 60_000 }, () => {
  test("cors does not keep sessions away", async (t) => {
    const served = await serve(t, { ...OPTIONS, cors: { origin: "https://example.com" } });
    const [, socket] = await webtransportSession(served);
    assert.equal(socket.request, null);
  });

  test("middlewares run before the client's first packet is read; what they leave on the request stays with the session", async (t) => {
    const served = await serve(t, OPTIONS);
    served.engine.use(
      (req: IncomingMessage & { user?: string }, res: import("node:http").ServerResponse, next: Next) => {
        assert.deepEqual([req.method, req.url], ["GET", "/engine.io/?EIO=4&transport=webtransport"]);
        assert.deepEqual(req.headers, {});
        res.setHeader("x-seen", "1");
        req.user = "ann";
        setImmediate(next);
      },
    );
    served.engine.use(async (req: IncomingMessage, _res: unknown, next: Next) => {
      for await (const chunk of req) assert.fail(`there is no body: ${chunk}`);
      next();
    });
    const [, socket] = await webtransportSession(served);
    assert.equal((socket.request as IncomingMessage & { user?: string }).user, "ann");
    assert.equal((socket.request.socket as { encrypted?: boolean }).encrypted, true);
    assert.equal(socket.remoteAddress, undefined);
  });

  test("one that fails, rejects, ends the response or destroys the connection closes the session", async (t) => {
    const refusing: ((req: IncomingMessage, res: { end(): void }, next: Next) => unknown)[] = [
      (_req, _res, next) => next(new Error("no")),
      () => Promise.reject(new Error("no")),
      (_req, res) => res.end(),
      (req) => req.socket.destroy(),
    ];
    for (const middleware of refusing) {
      const served = await serve(t, OPTIONS);
      served.engine.use(middleware);
      await turnedAway(served, (peer) => peer.send({ type: "open" }));
      assert.deepEqual(
        served.refusals.map(({ code }) => code),
        middleware.length === 3 || middleware.length === 0 ? [3] : [],
      );
    }
  });

  test("one that never goes on is cut off by upgradeTimeout", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const engine = new Server({ ...OPTIONS, upgradeTimeout: 400 });
    const called = deferred();
    engine.use(() => called.resolve());
    const peer = await new RawWebTransport().open();
    const done = engine.onWebTransportSession(peer.server);
    await called.promise;
    t.mock.timers.tick(400);
    await done;
    assert.equal(peer.isClosed, true);
  });

  test("the peer leaves meanwhile: nothing begins", async (t) => {
    const served = await serve(t, OPTIONS);
    const called = deferred<Next>();
    served.engine.use((_req: unknown, _res: unknown, next: Next) => called.resolve(next));
    const [peer, done] = await arrive(served);
    void peer.send({ type: "open" });
    const next = await called.promise;
    peer.close();
    await done;
    next();
    assert.equal(served.engine.clientsCount, 0);
  });
});
