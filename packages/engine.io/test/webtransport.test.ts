import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Server, transports, type ServerOptions, type Socket, type WebTransportSession } from "engine.io";
import { RawWebTransport } from "../../../tests/support/memory-webtransport.ts";
import { POLLING, deferred, pollingSession, serve, type Served } from "./support.ts";

type Next = (error?: unknown) => void;

const OPTIONS: ServerOptions = { transports: ["polling", "websocket", "webtransport"], maxHttpBufferSize: 1000 };

/** A client's session that the server has in hand, and the promise that the server gave. */
async function arrive({ engine }: Served): Promise<[RawWebTransport, Promise<void>]> {
  const peer = await new RawWebTransport().open();
  return [peer, engine.onWebTransportSession(peer.server)];
}

/** A session over WebTransport, its open packet read. */
async function webtransportSession(served: Served): Promise<[RawWebTransport, Socket]> {
  const connection = served.connection();
  const [peer] = await arrive(served);
  await peer.send({ type: "open" });
  await peer.receive();
  return [peer, await connection];
}

/** A session that the server turns away: closed, and nobody was told of a connection. */
async function turnedAway(served: Served, act: (peer: RawWebTransport) => unknown): Promise<void> {
  served.engine.once("connection", () => assert.fail("no session was to begin"));
  const [peer, done] = await arrive(served);
  await act(peer);
  await done;
  await peer.closed;
  assert.equal(peer.server.closedByServer, 1);
  served.engine.removeAllListeners("connection");
}

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

describe("webtransport: the end", { timeout: 60_000 }, () => {
  /** How the session ends if the peer does this. */
  const endings: readonly [string, (peer: RawWebTransport) => unknown, string, unknown][] = [
    ["the peer closes the session", (peer) => peer.close(), "transport close", undefined],
    ["the peer ends its stream", (peer) => peer.endStream(), "transport close", undefined],
    ["the peer resets its stream", (peer) => peer.resetStream(new Error("reset")), "transport close", undefined],
    ["the peer sends a close packet", (peer) => peer.sendHex("0131"), "transport close", undefined],
    ["a frame has no length", (peer) => peer.sendHex("00"), "parse error", undefined],
    ["a frame is longer than maxHttpBufferSize", (peer) => peer.sendHex("7e03e9"), "parse error", "frame too large"],
    ["a frame claims 2^64 - 1 bytes", (peer) => peer.sendHex("7fffffffffffffffff"), "parse error", "frame too large"],
    ["a packet has no known type", (peer) => peer.sendHex("0139"), "parse error", undefined],
  ];
  for (const [what, act, reason, description] of endings) {
    test(`${what}: ${reason}`, async (t) => {
      const served = await serve(t, OPTIONS);
      const [peer] = await webtransportSession(served);
      const ending = served.ending();
      act(peer);
      assert.deepEqual(await ending, { reason, description });
      await peer.closed;
      assert.equal(served.engine.clientsCount, 0);
      const counted = description === "frame too large" ? [["maxHttpBufferSize", 1]] : [];
      assert.deepEqual([...served.engine.limitsReached.entries()], counted);
    });
  }

  test("whatever bytes come, however they are cut, the session ends cleanly and takes no other with it", async (t) => {
    const served = await serve(t, OPTIONS);
    const [, witness] = await webtransportSession(served);
    const property = fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 })), async (chunks) => {
      const [peer] = await webtransportSession(served);
      const ending = served.ending();
      for (const chunk of chunks) peer.sendHex(Buffer.from(chunk).toString("hex"));
      peer.endStream();
      assert.match((await ending).reason, /^(transport close|transport error|parse error)$/);
      await peer.closed;
    });
    await fc.assert(property, { numRuns: 200 });
    assert.equal(witness.readyState, "open");
    assert.equal(served.engine.clientsCount, 1);
  });

  test("a message of exactly maxHttpBufferSize arrives", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const message = once(socket, "message");
    await peer.send({ type: "message", data: "x".repeat(999) });
    assert.equal((await message)[0].length, 999);
  });

  test("a connection that fails: transport error, with what is known of it", async (t) => {
    const served = await serve(t, OPTIONS);
    const connection = served.connection();
    const [peer] = await arrive(served);
    await peer.send({ type: "open" });
    await connection;
    const ending = served.ending();
    peer.failSession(new Error("lost"));
    assert.deepEqual(await ending, { reason: "transport error", description: "webtransport error" });
  });

  test("close(): what was sent still arrives, then the stream ends, and then the peer ends the session", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const ending = served.ending();
    socket.send("last words");
    socket.close();
    assert.deepEqual(await peer.receive(), { type: "message", data: "last words" });
    assert.equal(await peer.receive(), null);
    assert.deepEqual(await ending, { reason: "forced close", description: undefined });
    assert.equal(peer.isClosed, false);
    peer.close();
    await peer.closed;
    assert.equal(peer.server.closedByServer, 0);
  });

  test("close(): a peer that ends its half of the stream as well is not waited for", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    socket.send("last words");
    socket.close();
    assert.equal((await peer.receive())?.data, "last words");
    assert.equal(peer.isClosed, false);
    peer.endStream();
    await peer.closed;
    assert.equal(peer.server.closedByServer, 1);
  });

  test("close(): a peer that does nothing at the end of the stream is cut off 5 s later", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    socket.close();
    await peer.send({ type: "message", data: "what still comes is dropped" });
    assert.equal(await peer.receive(), null);
    t.mock.timers.tick(4_999);
    assert.equal(peer.isClosed, false);
    t.mock.timers.tick(1);
    assert.equal(peer.isClosed, true);
  });

  test("close(): a peer that reads nothing is given up after 30 s", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const ending = served.ending();
    peer.stall();
    socket.close();
    assert.equal((await ending).reason, "forced close");
    t.mock.timers.tick(29_999);
    assert.equal(peer.isClosed, false);
    t.mock.timers.tick(1);
    assert.equal(peer.isClosed, true);
  });

  test("close(true) and the server's close: at once", async (t) => {
    const served = await serve(t, OPTIONS);
    const [first, socket] = await webtransportSession(served);
    const [second] = await webtransportSession(served);
    socket.close(true);
    assert.equal(first.isClosed, true);
    assert.equal(second.isClosed, false);
    served.engine.close();
    assert.equal(second.isClosed, true);
    assert.deepEqual(
      served.endings.map(({ reason }) => reason),
      ["forced close", "forced close"],
    );
  });

  test("a session that throws when it is closed twice does no harm", async (t) => {
    const served = await serve(t, OPTIONS);
    const connection = served.connection();
    const peer = await new RawWebTransport().open();
    const { server } = peer;
    const close = (): void => {
      throw new Error("closed already");
    };
    void served.engine.onWebTransportSession({ ...server, closed: peer.closed, close });
    await peer.send({ type: "open" });
    const socket = await connection;
    const ending = served.ending();
    socket.close(true);
    assert.equal((await ending).reason, "forced close");
  });
});

describe("webtransport: a slow reader", { timeout: 60_000 }, () => {
  test("makes the session keep what it can't take, in order, as one write each time", async (t) => {
    const served = await serve(t, OPTIONS);
    const [peer, socket] = await webtransportSession(served);
    const { transport } = socket;
    const batches: number[] = [];
    socket.on("flush", (batch: readonly unknown[]) => batches.push(batch.length));
    const count = 20;
    for (let i = 0; i < count; i++) socket.send(`m${i}`);
    assert.equal(transport.writable, false);
    assert.deepEqual(batches, [1]);
    const drained = once(socket, "drain");
    for (let i = 0; i < count; i++) assert.equal((await peer.receive())?.data, `m${i}`);
    await drained;
    assert.deepEqual(batches, [1, count - 1]);
  });
});

describe("webtransport: upgrade from polling", { timeout: 60_000 }, () => {
  const join = async (served: Served, sid: string): Promise<RawWebTransport> => {
    const [peer, done] = await arrive(served);
    await peer.send({ type: "open", data: JSON.stringify({ sid }) });
    await done;
    return peer;
  };

  test("is offered, probed, and carries what was held back", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    const events: string[] = [];
    socket.on("upgrading", (transport) => events.push(`upgrading to ${transport.name}`));
    socket.on("upgrade", (transport) => events.push(`upgrade to ${transport.name}`));
    const held = polling.poll();
    const peer = await join(served, polling.sid);
    await peer.send({ type: "ping", data: "probe" });
    assert.deepEqual(await peer.receive(), { type: "pong", data: "probe" });
    assert.equal((await held).body, "6");
    socket.send("waits for a poll, or for the switch");
    const message = once(socket, "message");
    await peer.send({ type: "upgrade" }, { type: "message", data: "hi" });
    assert.deepEqual(await message, ["hi"]);
    assert.deepEqual(await peer.receive(), { type: "message", data: "waits for a poll, or for the switch" });
    assert.deepEqual(events, ["upgrading to webtransport", "upgrade to webtransport"]);
    assert.equal(socket.transport.name, "webtransport");
    assert.equal(socket.request.url?.startsWith(POLLING), true);
    assert.equal((await polling.poll()).status, 400);
    assert.equal(socket.readyState, "open");
  });

  test("open, probe and upgrade in one chunk: what waits leaves although the probe's answer is still on its way", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    socket.send("queued");
    const [peer] = await arrive(served);
    await peer.send(
      { type: "open", data: JSON.stringify({ sid: polling.sid }) },
      { type: "ping", data: "probe" },
      { type: "upgrade" },
    );
    assert.deepEqual(await peer.receive(), { type: "pong", data: "probe" });
    assert.deepEqual(await peer.receive(), { type: "message", data: "queued" });
  });

  test("is listed in the handshake only where it is enabled", async (t) => {
    const on = await serve(t, OPTIONS);
    const off = await serve(t);
    assert.deepEqual(on.engine.upgrades("polling"), ["websocket", "webtransport"]);
    assert.deepEqual(off.engine.upgrades("polling"), ["websocket"]);
    assert.deepEqual(on.engine.upgrades("webtransport"), []);
  });

  test("is given up after upgradeTimeout, and the session stays where it was", async (t) => {
    const served = await serve(t, { ...OPTIONS, upgradeTimeout: 20 });
    const [polling, socket] = await pollingSession(served);
    const peer = await join(served, polling.sid);
    await peer.closed;
    assert.equal(socket.transport.name, "polling");
    assert.equal(socket.upgrading, false);
    assert.equal(socket.readyState, "open");
  });

  test("a candidate that breaks, or says something else than the probe, harms nothing; the next one may try", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    for (const act of [
      (peer: RawWebTransport) => peer.close(),
      (peer: RawWebTransport) => peer.endStream(),
      (peer: RawWebTransport) => peer.sendHex("0131"),
      (peer: RawWebTransport) => peer.sendHex("00"),
      (peer: RawWebTransport) => peer.sendHex("023461"),
    ]) {
      const peer = await join(served, polling.sid);
      assert.equal(socket.upgrading, true);
      act(peer);
      await peer.closed;
      while (socket.upgrading) await new Promise(setImmediate);
      assert.equal(socket.readyState, "open");
    }
    const peer = await join(served, polling.sid);
    await peer.send({ type: "ping", data: "probe" });
    assert.equal((await peer.receive())?.type, "pong");
  });

  test("a second candidate is turned away, and so is one after the upgrade", async (t) => {
    const served = await serve(t, OPTIONS);
    const [polling, socket] = await pollingSession(served);
    const first = await join(served, polling.sid);
    const second = await join(served, polling.sid);
    await second.closed;
    assert.equal(first.isClosed, false);
    const upgrade = once(socket, "upgrade");
    await first.send({ type: "ping", data: "probe" }, { type: "upgrade" });
    await first.receive();
    await upgrade;
    const third = await join(served, polling.sid);
    await third.closed;
    assert.equal(socket.readyState, "open");
  });

  test("sessions of revision 3 can't take it", async (t) => {
    const served = await serve(t, { ...OPTIONS, allowEIO3: true });
    const connection = served.connection();
    void fetch(`http://127.0.0.1:${served.port}/engine.io/?EIO=3&transport=polling`);
    const socket = await connection;
    const peer = await join(served, socket.id);
    await peer.closed;
    assert.equal(socket.readyState, "open");
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
    const called = deferred<void>();
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
