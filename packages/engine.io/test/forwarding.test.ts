/** Servers that pass on each other's requests, over a bus in memory. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { describe, test, type TestContext } from "node:test";
import type { ServerOptions, SessionBus, SessionBusListener, Socket } from "engine.io";
import { deferred } from "../../../tests/support/deferred.ts";
import { listen } from "../../../tests/support/listening.ts";
import { http, RawPolling, RawWebSocket, tcp } from "../../../tests/support/raw-peer.ts";
import { upgradeRequest } from "../../../tests/support/upgrade-request.ts";
import { PATH, pollingSession, RawConnection, serve, type Served } from "./support.ts";

const UNKNOWN_SID = '{"code":1,"message":"Session ID unknown"}';

/** What joins servers of this process. Messages arrive later, as everywhere. */
class MemoryBus {
  readonly listeners = new Set<SessionBusListener>();
  /** All that was published. */
  readonly messages: Record<string, unknown>[] = [];

  publish(message: string): void {
    this.messages.push(JSON.parse(message) as Record<string, unknown>);
    setImmediate(() => {
      for (const listener of this.listeners) listener(message);
    });
  }

  /** The end of a server of it. */
  seat(): SessionBus {
    return {
      host: "127.0.0.1",
      port: 0,
      subscribe: (listener) => void this.listeners.add(listener),
      unsubscribe: (listener) => void this.listeners.delete(listener),
      publish: (message) => this.publish(message),
    };
  }

  /** Where the last server that came listens for the others. */
  get lastPort(): number {
    return this.messages.findLast(({ type }) => type === "hello")!["port"] as number;
  }
}

/** Two servers that know each other. */
async function two(t: TestContext, options: ServerOptions = {}): Promise<[Served, Served, MemoryBus]> {
  const bus = new MemoryBus();
  const served: Served[] = [];
  for (let at = 0; at < 2; at++) {
    const one = await serve(t, { ...options, sessionBus: bus.seat() });
    served.push(one);
    // The first session comes once the others know of this server.
    await one.polling().handshake();
  }
  return [served[0]!, served[1]!, bus];
}

/** Two servers of which the first hears of nobody until it is told. */
async function strangers(t: TestContext): Promise<{ late: Served; early: Served; tell: () => void }> {
  const bus = new MemoryBus();
  const told = deferred();
  const seat = bus.seat();
  const late = await serve(t, {
    sessionBus: {
      ...seat,
      subscribe: (listener) => seat.subscribe((message) => void told.promise.then(() => listener(message))),
    },
  });
  const early = await serve(t, { sessionBus: bus.seat() });
  // No wait ends by itself.
  t.mock.timers.enable({ apis: ["setTimeout"] });
  return { late, early, tell: () => told.resolve() };
}

/** The same session by way of the other server. */
function by({ port }: Served, { sid }: { sid: string }): RawPolling {
  const peer = new RawPolling(port, PATH);
  peer.sid = sid;
  return peer;
}

function heard(socket: Socket, count: number): Promise<unknown[]> {
  const messages: unknown[] = [];
  return new Promise((resolve) => {
    socket.on("message", (data) => {
      if (messages.push(data) === count) resolve(messages);
    });
  });
}

describe("requests that reach another server than their session", () => {
  test("ids keep 120 random bits, and end with what is the same for all sessions of a server", async (t) => {
    const [a, b] = await two(t);
    const ids: string[] = [];
    for (const one of [a, a, b]) ids.push((await pollingSession(one))[1].id);
    for (const id of ids) assert.match(id, /^[\w-]{28}$/);
    const [first, second, other] = ids.map((id) => id.slice(20));
    assert.equal(first, second);
    assert.notEqual(first, other);
  });

  test("a session polls and posts by way of either server, in order", async (t) => {
    const [a, b] = await two(t);
    const [peer, socket] = await pollingSession(a);
    const all = heard(socket, 20);
    for (let at = 0; at < 20; at++) {
      const way = at % 2 === 0 ? peer : by(b, peer);
      const polled = way.poll();
      socket.send(`to ${at}`);
      assert.equal((await polled).body, `4to ${at}`);
      assert.equal((await way.post(`4from ${at}`)).body, "ok");
    }
    assert.deepEqual(
      await all,
      Array.from({ length: 20 }, (_, at) => `from ${at}`),
    );
    assert.equal(b.engine.clientsCount, 1, "only the session that was its own before");
  });

  test("the answer is that of the session's server, with headers, status and compression", async (t) => {
    const [a, b] = await two(t, { cors: { origin: "https://example.org", credentials: true }, cookie: true });
    const [peer, socket] = await pollingSession(a);
    a.engine.on("headers", (headers: Record<string, unknown>) => (headers["x-list"] = ["a", "b"]));
    socket.send("€".repeat(2000));
    const { status, headers, body } = await http(b.port, "GET", `${PATH}?EIO=4&transport=polling&sid=${peer.sid}`, "", {
      "accept-encoding": "identity",
      origin: "https://example.org",
    });
    assert.equal(status, 200);
    assert.equal(body, `4${"€".repeat(2000)}`);
    assert.equal(headers["access-control-allow-origin"], "https://example.org");
    assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-list"], "a, b");
    socket.send("€".repeat(2000));
    const squeezed = await http(b.port, "GET", `${PATH}?EIO=4&transport=polling&sid=${peer.sid}`, "", {
      "accept-encoding": "gzip",
    });
    assert.equal(squeezed.headers["content-encoding"], "gzip");
    assert.ok(squeezed.bytes.length < 500);
  });

  test("bytes arrive as they were sent, in both directions", async (t) => {
    const [a, b] = await two(t);
    const [peer, socket] = await pollingSession(a);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    const message = once(socket, "message");
    await by(b, peer).post(`b${bytes.toString("base64")}`);
    assert.deepEqual((await message)[0], bytes);
    socket.send(bytes);
    assert.deepEqual(await by(b, peer).receive(1), [`b${bytes.toString("base64")}`]);
  });

  test("a WebSocket takes a session over by way of another server, and goes on there", async (t) => {
    const [a, b] = await two(t);
    const [peer, socket] = await pollingSession(a);
    const websocket = await new RawWebSocket(b.port, `&sid=${peer.sid}`, PATH).opened();
    const poll = by(b, peer).poll();
    websocket.send("2probe");
    assert.deepEqual(await websocket.receive(1), ["3probe"]);
    assert.equal((await poll).body, "6");
    const upgraded = once(socket, "upgrade");
    websocket.send("5");
    await upgraded;
    const all = heard(socket, 2);
    websocket.send("4text", Buffer.from([1, 2, 3]));
    assert.deepEqual(await all, ["text", Buffer.from([1, 2, 3])]);
    const large = "x".repeat(500_000);
    socket.send(large);
    socket.send(Buffer.from([4, 5]));
    assert.deepEqual(await websocket.receive(2), [`4${large}`, Buffer.from([4, 5])]);
    const ending = a.ending();
    websocket.close();
    assert.equal((await ending).reason, "transport close");
    assert.deepEqual(await websocket.receive(1), ["closed 1005"]);
  });

  test("a WebSocket whose client vanishes ends its session, one that the server ends reaches the client", async (t) => {
    const [a, b] = await two(t);
    for (const end of ["client", "server"] as const) {
      const [peer, socket] = await pollingSession(a);
      const websocket = await new RawWebSocket(b.port, `&sid=${peer.sid}`, PATH).opened();
      websocket.send("2probe");
      await websocket.receive(1);
      const upgraded = once(socket, "upgrade");
      websocket.send("5");
      await upgraded;
      const ending = a.ending();
      if (end === "client") websocket.terminate();
      else {
        socket.close();
        assert.deepEqual(await websocket.receive(1), ["closed 1005"]);
      }
      assert.equal((await ending).reason, end === "client" ? "transport close" : "forced close");
    }
  });

  test("a client that leaves while it polls by way of another server ends its session", async (t) => {
    const [a, b] = await two(t);
    const [peer, socket] = await pollingSession(a);
    const ending = a.ending();
    const poll = request({ port: b.port, path: `${PATH}?EIO=4&transport=polling&sid=${peer.sid}` }).end();
    poll.on("error", () => {});
    // It has arrived once it could be answered.
    await once(socket.transport, "ready");
    poll.destroy();
    assert.deepEqual(await ending, { reason: "transport error", description: "poll connection closed prematurely" });
  });

  test("middlewares run once, at the session's server, and see the client's address", async (t) => {
    const [a, b] = await two(t);
    const seen: unknown[] = [];
    for (const [name, { engine }] of [
      ["a", a],
      ["b", b],
    ] as const) {
      engine.use((req, _res, next) => {
        const { remoteAddress, remotePort } = req.socket;
        seen.push([name, remoteAddress, remotePort, Object.keys(req.headers).filter((key) => key.startsWith("x-"))]);
        next();
      });
    }
    const [peer] = await pollingSession(a);
    seen.length = 0;
    const from = new RawConnection(
      b.port,
      `POST ${PATH}?EIO=4&transport=polling&sid=${peer.sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n4a`,
    );
    await from.received("ok");
    assert.deepEqual(seen, [["a", "127.0.0.1", from.socket.localPort, []]]);
    from.socket.destroy();
  });
});

describe("what cannot be passed on", () => {
  const poll = ({ port }: Served, sid: string): ReturnType<typeof http> =>
    http(port, "GET", `${PATH}?EIO=4&transport=polling&sid=${sid}`);

  test("an invented session of a live server is unknown there, one of nobody is unknown here; nobody else is asked", async (t) => {
    const [a, b] = await two(t);
    const owner = (await pollingSession(a))[1].id.slice(20);
    assert.deepEqual(
      [(await poll(b, `${"x".repeat(20)}${owner}`)).body, a.refusals.length, b.refusals.length],
      [UNKNOWN_SID, 1, 0],
    );
    const invented = [`${"x".repeat(20)}nobody-1`, "x".repeat(20), "x", "x".repeat(3000), owner];
    const answers = await Promise.all(invented.map((sid) => poll(b, sid)));
    for (const { body } of answers) assert.equal(body, UNKNOWN_SID);
    assert.deepEqual([a.refusals.length, b.refusals.length], [1, 5]);
    const upgrade = await tcp(
      b.port,
      upgradeRequest(`${PATH}?EIO=4&transport=websocket&sid=${"x".repeat(20)}${owner}`),
    );
    assert.match(upgrade, /^HTTP\/1.1 400 Bad Request\r\n[^]*Session ID unknown$/);
    assert.deepEqual([a.refusals.length, b.refusals.length], [2, 5]);
  });

  test("sessions of a server that has ended are unknown at once, also those that wait for it", async (t) => {
    const bus = new MemoryBus();
    const b = await serve(t, { sessionBus: bus.seat() });
    // In place of a server that dies: its port hears a request and hangs up. Then nobody listens there.
    const dying = createServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const port = await listen(dying);
    bus.publish(
      JSON.stringify({ type: "hello", path: PATH, id: "deadbeef", host: "127.0.0.1", port, secret: "x".repeat(32) }),
    );
    await b.polling().handshake();
    const sid = `${"x".repeat(20)}deadbeef`;
    const websocket = upgradeRequest(`${PATH}?EIO=4&transport=websocket&sid=${sid}`);
    for (const state of ["dying", "dead"]) {
      assert.equal((await poll(b, sid)).body, UNKNOWN_SID, state);
      assert.equal((await by(b, { sid }).post("4x")).body, UNKNOWN_SID, state);
      assert.match(await tcp(b.port, websocket), /Session ID unknown$/, state);
      if (dying.listening) await new Promise((resolve) => dying.close(resolve));
    }
  });

  test("a server that has closed is unknown to the others, and what it had to say before is delivered", async (t) => {
    const [a, b] = await two(t);
    const [peer, socket] = await pollingSession(a);
    const last = by(b, peer).poll();
    await once(socket.transport, "ready");
    a.engine.close();
    assert.equal((await last).body, "1");
    assert.equal((await poll(b, peer.sid)).body, UNKNOWN_SID);
    assert.equal(b.refusals.length, 1, "it was not passed on");
  });

  test("a body above maxHttpBufferSize is refused by the session's server, as if it had come there", async (t) => {
    const [a, b] = await two(t, { maxHttpBufferSize: 1000 });
    const [peer] = await pollingSession(a);
    const ending = a.ending();
    assert.equal((await by(b, peer).post(`4${"x".repeat(1000)}`)).status, 413);
    assert.deepEqual(await ending, { reason: "transport error", description: "payload too large" });
  });

  test("beyond maxForwards requests are answered with 503, and counted; those that are over make room", async (t) => {
    const [a, b] = await two(t, { maxForwards: 2 });
    const sessions = [await pollingSession(a), await pollingSession(a), await pollingSession(a)] as const;
    const held = await Promise.all(
      sessions.slice(0, 2).map(async ([peer, socket]) => {
        const answer = by(b, peer).poll();
        await once(socket.transport, "ready");
        return { answer };
      }),
    );
    const [third, socket] = sessions[2];
    assert.equal((await by(b, third).post("4x")).status, 503);
    const websocket = upgradeRequest(`${PATH}?EIO=4&transport=websocket&sid=${third.sid}`);
    assert.match(await tcp(b.port, websocket), /^HTTP\/1.1 503 /);
    assert.equal(b.engine.limitsReached.get("maxForwards"), 2);
    sessions[0][1].send("answer");
    await held[0]!.answer;
    const message = once(socket, "message");
    assert.equal((await by(b, third).post("4x")).status, 200);
    assert.deepEqual(await message, ["x"]);
    sessions[1][1].send("answer");
    await held[1]!.answer;
  });

  test("the port for other servers serves nobody who does not know the secret", async (t) => {
    const [a, b, bus] = await two(t);
    const [{ sid }] = await pollingSession(b);
    const target = `${PATH}?EIO=4&transport=polling`;
    const other = bus.messages.find(({ type, port }) => type === "hello" && port !== bus.lastPort)!["secret"] as string;
    for (const secret of [undefined, "", "x".repeat(32), other]) {
      const header: Record<string, string> =
        secret === undefined ? {} : { "x-engine-forwarded": `${secret} tcp 1 127.0.0.1` };
      assert.equal((await http(bus.lastPort, "GET", `${target}&sid=${sid}`, "", header)).status, 421);
      assert.equal((await http(bus.lastPort, "GET", target, "", header)).status, 421);
    }
    assert.match(await tcp(bus.lastPort, upgradeRequest(`${PATH}?EIO=4&transport=websocket`)), /^HTTP\/1.1 421 /);
    assert.deepEqual([a.refusals.length, b.refusals.length], [0, 0], "no engine was asked");
  });

  test("what is said of a client in its own headers is not believed", async (t) => {
    const [a, b] = await two(t);
    const [peer] = await pollingSession(a);
    const seen: unknown[] = [];
    a.engine.use((req, _res, next) => {
      seen.push(req.socket.remoteAddress, req.headers["x-engine-forwarded"]);
      next();
    });
    const { status } = await http(b.port, "POST", `${PATH}?EIO=4&transport=polling&sid=${peer.sid}`, "4x", {
      "x-engine-forwarded": "secret tcp 1 6.6.6.6",
    });
    assert.equal(status, 200);
    assert.deepEqual(seen, ["127.0.0.1", undefined]);
  });
});

describe("a server that starts", () => {
  test("has its sessions found by one that hears of it later than of their requests", async (t) => {
    const { late, early, tell } = await strangers(t);
    const [peer, socket] = await pollingSession(early);
    const arrivals = new Promise<void>((resolve) => {
      let count = 0;
      for (const event of ["request", "upgrade"] as const) late.http.on(event, () => ++count === 3 && resolve());
    });
    const polled = by(late, peer).poll();
    const posted = by(late, peer).post("4a");
    const probe = new RawConnection(late.port, upgradeRequest(`${PATH}?EIO=4&transport=websocket&sid=${peer.sid}`));
    t.after(() => probe.socket.destroy());
    const [[data]] = await Promise.all([once(socket, "message"), arrivals.then(tell)]);
    assert.equal(data, "a");
    socket.send("b");
    assert.deepEqual([(await polled).body, (await posted).body], ["4b", "ok"]);
    assert.match(await probe.received("\r\n\r\n"), /^HTTP\/1.1 101 /);
    assert.deepEqual([late.refusals.length, early.refusals.length], [0, 0]);
  });

  test("gets no request whose client has left while it was waited for", async (t) => {
    const { late, early, tell } = await strangers(t);
    const [peer, socket] = await pollingSession(early);
    const target = (transport: string): string => `${PATH}?EIO=4&transport=${transport}&sid=${peer.sid}`;
    const leaving = [`GET ${target("polling")} HTTP/1.1\r\nHost: a\r\n\r\n`, upgradeRequest(target("websocket"))];
    for (const [at, event] of ["request", "upgrade"].entries()) {
      const arrived = once(late.http, event) as Promise<[IncomingMessage]>;
      const connection = new RawConnection(late.port, leaving[at]);
      const [{ socket: accepted }] = await arrived;
      const left = new Promise((resolve) => accepted.once("close", resolve));
      connection.socket.resetAndDestroy();
      await left;
    }
    let passedOn = 0;
    early.engine.use((_req, _res, next) => next(void passedOn++));
    tell();
    const polled = by(late, peer).poll();
    socket.send("b");
    assert.deepEqual([(await polled).body, passedOn], ["4b", 1]);
  });

  test("is not waited for by more than `maxForwards` requests", async (t) => {
    const [a] = await two(t, { maxForwards: 1 });
    const sid = `${"x".repeat(20)}nobody-1`;
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const waiting = by(a, { sid }).poll();
    await once(a.http, "request");
    assert.equal((await by(a, { sid }).poll()).body, UNKNOWN_SID);
    assert.equal(a.refusals.length, 1, "the other still waits");
    t.mock.timers.tick(500);
    assert.equal((await waiting).body, UNKNOWN_SID);
  });

  test("gives out no session before the others know of it", async (t) => {
    const bus = new MemoryBus();
    const opened = deferred();
    const seat = bus.seat();
    const served = await serve(t, {
      sessionBus: {
        ...seat,
        subscribe: async (listener) => {
          await opened.promise;
          return seat.subscribe(listener);
        },
      },
    });
    const arrived = once(served.http, "request");
    const handshake = served.polling().handshake();
    await arrived;
    assert.deepEqual([served.engine.clientsCount, bus.messages.length], [0, 0]);
    opened.resolve();
    await handshake;
    assert.equal(served.engine.clientsCount, 1);
  });
});
