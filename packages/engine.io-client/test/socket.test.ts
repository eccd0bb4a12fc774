import assert from "node:assert/strict";
import { createServer } from "node:https";
import { describe, test } from "node:test";
import * as client from "engine.io-client";
import { Socket, type SocketOptions, type SocketReceiver } from "engine.io-client";
import { listening } from "../../../tests/support/listening.ts";
import { certificate } from "../../../tests/support/localhost-certificate.ts";
import { connect, event, journal, nextTick } from "./support/events.ts";
import { fakeClock, inMemory, MemoryTransport } from "./support/fake-clock.ts";
import { openPacket, PollingServer } from "./support/polling-server.ts";

describe("the package", () => {
  test("has the names that users import", () => {
    assert.deepEqual(
      Object.keys(client)
        .filter((name) => name !== "default" && name !== "module.exports")
        .sort(),
      [
        "Fetch",
        "NodeWebSocket",
        "NodeXHR",
        "Socket",
        "Transport",
        "TransportError",
        "WebSocket",
        "WebTransport",
        "XHR",
        "installTimerFunctions",
        "nextTick",
        "parse",
        "protocol",
        "transports",
      ],
    );
    assert.equal(client.protocol, 4);
    assert.equal(Socket.protocol, 4);
    assert.deepEqual(Object.keys(client.transports).sort(), ["polling", "websocket", "webtransport"]);
    for (const [name, Class] of Object.entries(client.transports)) assert.equal(Class.prototype.name, name);
  });
});

describe("a socket's options", { timeout: 60_000 }, () => {
  test("have their defaults, and the user's object stays as it was", () => {
    const given: SocketOptions = Object.freeze<SocketOptions>({
      transports: ["websocket"],
      query: Object.freeze({ a: "1" }),
    });
    const socket = new Socket("http://localhost:1/ignored?b=2", given);
    socket.close();
    const { opts } = socket;
    assert.deepEqual(
      [opts.path, opts.agent, opts.withCredentials, opts.upgrade, opts.timestampParam, opts.rememberUpgrade],
      ["/engine.io/", false, false, true, "t", false],
    );
    assert.deepEqual(
      [opts.addTrailingSlash, opts.rejectUnauthorized, opts.perMessageDeflate, opts.transportOptions],
      [true, true, { threshold: 1024 }, {}],
    );
    assert.equal(opts.closeOnBeforeunload, false);
    assert.deepEqual(socket.transports, ["websocket"]);
    // The URL's query replaces the option (row C-13).
    assert.deepEqual(opts.query, { b: "2" });
    assert.deepEqual(new Socket({ host: "localhost" }).close().transports, ["polling", "websocket", "webtransport"]);
  });

  for (const [what, args, expected] of [
    ["nothing", [], ["localhost", 80, false]],
    ["a URL", ["http://example.com:8080"], ["example.com", "8080", false]],
    ["ws", ["ws://example.com"], ["example.com", 80, false]],
    ["https", ["https://example.com/x"], ["example.com", 443, true]],
    ["wss and a port", ["wss://example.com:1"], ["example.com", "1", true]],
    ["no scheme", ["example.com:3000"], ["example.com", "3000", false]],
    ["IPv6", ["http://[::1]:3000"], ["::1", "3000", false]],
    ["credentials", ["http://user:p%40ss@example.com/"], ["example.com", 80, false]],
    ["options", [{ hostname: "a", port: 5, secure: true }], ["a", 5, true]],
    ["the host option", [{ host: "a.b:5" }], ["a.b", "5", false]],
    ["a URL, whatever the options say", ["http://a", { port: 99, secure: true }], ["a", 80, false]],
    ["a host and a port", [{ host: "a", port: 99 }], ["a", 99, false]],
    ["null and options", [null, { hostname: "a" }], ["a", 80, false]],
  ] as [string, [string?, SocketOptions?], unknown[]][]) {
    test(`say where to by ${what}`, () => {
      const socket = new Socket(...args);
      socket.close();
      assert.deepEqual([socket.hostname, socket.port, socket.secure], expected);
    });
  }

  test("a query as text is read like one of a URL", async (t) => {
    const server = await PollingServer.start(t);
    connect(t, server.url, { query: "a=b=c&d=%26&__proto__=x", transports: ["polling"] });
    const { query } = await server.get();
    assert.deepEqual([query.get("a"), query.get("d"), query.get("__proto__")], ["b=c", "&", "x"]);
  });

  for (const [options, path] of [
    [{}, "/engine.io/"],
    [{ path: "" }, "/engine.io/"],
    [{ path: "/a/" }, "/a/"],
    [{ path: "/a/", addTrailingSlash: false }, "/a"],
  ] as const) {
    test(`path ${JSON.stringify(options)} asks for ${path}`, async (t) => {
      const server = await PollingServer.start(t);
      connect(t, server.url, { ...options, transports: ["polling"] });
      assert.equal((await server.get()).request.url!.split("?")[0], path);
    });
  }

  test("timestampRequests false leaves the stamp out; timestampParam names it; b64 is said with forceBase64", async (t) => {
    const server = await PollingServer.start(t);
    const keys = async (options: SocketOptions): Promise<string[]> => {
      connect(t, server.url, { transports: ["polling"], ...options });
      return [...(await server.get()).query.keys()];
    };
    assert.deepEqual(await keys({ timestampRequests: false }), ["EIO", "transport"]);
    assert.deepEqual(await keys({ timestampParam: "x" }), ["EIO", "transport", "x"]);
    assert.deepEqual(await keys({ timestampRequests: false, forceBase64: true }), ["EIO", "transport", "b64"]);
  });

  test("an empty list of transports is an error, told asynchronously, as are names nobody knows", async () => {
    for (const transports of [[], ["nope"]]) {
      const socket = new Socket("http://localhost:1", { transports } as SocketOptions);
      const log = journal(socket);
      assert.equal(socket.readyState, "opening");
      await nextTick();
      assert.deepEqual(log, ["error: No transports available", "close: transport error"]);
      assert.equal(socket.readyState, "closed");
    }
  });

  test("transports and transportImplementations together are refused", () => {
    assert.throws(
      () => new Socket({ transports: ["polling"], transportImplementations: [client.Fetch] }),
      new Error("specifying both 'transportImplementations' and 'transports' options is not supported"),
    );
  });

  test("transports may be classes", () => {
    const socket = new Socket("http://localhost:1", { transports: [client.Fetch, client.NodeWebSocket] });
    assert.ok(socket.transport instanceof client.Fetch);
    assert.deepEqual(socket.transports, ["polling", "websocket"]);
    socket.close();
  });

  test("a request that can't be made is an error, not an exception", async () => {
    for (const transports of [["polling"], ["websocket"]] as const) {
      const socket = new Socket("http://localhost:1", { transports, extraHeaders: { "bad name": "x" } });
      const [error] = await event(socket, "error");
      assert.match(error.message, /^(xhr poll|websocket) error$/);
      assert.ok(error.description instanceof Error);
    }
  });

  for (const name of ["polling", "websocket"] as const) {
    test(`${name} refuses a certificate that can't be verified, unless told otherwise`, async (t) => {
      const server = createServer(certificate, (_, response) => response.end(openPacket()));
      const port = await listening(t, server);
      const reached = event(server, name === "polling" ? "request" : "upgrade");
      server.on("upgrade", (_, tcp) => tcp.destroy());
      const url = `https://localhost:${port}`;
      for (const rejectUnauthorized of [undefined, null, true]) {
        const refused = connect(t, url, { transports: [name], rejectUnauthorized });
        const [error] = await event(refused, "error");
        const cause = name === "polling" ? error.context.error : error.description.error;
        assert.equal(cause.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
      }
      connect(t, url, { transports: [name], rejectUnauthorized: false });
      await reached;
      const trusted = event(server, name === "polling" ? "request" : "upgrade");
      connect(t, url, { transports: [name], ca: certificate.cert });
      await trusted;
    });
  }
});

describe("a socket", { timeout: 60_000 }, () => {
  test("tells its listeners of what comes and goes, in order", async () => {
    const { socket, transport } = await inMemory();
    const log: string[] = [];
    for (const name of ["packet", "data", "message", "packetCreate", "flush", "drain", "heartbeat"] as const) {
      socket.on(name, () => log.push(name));
    }
    transport.receive("4x");
    assert.deepEqual(log.splice(0), ["packet", "heartbeat", "data", "message"]);
    socket.send("y", () => log.push("callback"));
    assert.deepEqual(log.splice(0), ["packetCreate", "flush", "callback", "drain"]);
    socket.write("z", { compress: false }, () => log.push("callback"));
    assert.deepEqual(log, ["packetCreate", "flush", "callback", "drain"]);
    assert.equal(transport.sent[1]!.options?.compress, false);
    socket.close();
  });

  test("listeners of packetCreate may change what is sent", async () => {
    const { socket, transport } = await inMemory();
    socket.on("packetCreate", (packet) => (packet.data += "!"));
    socket.send("x");
    assert.equal(transport.sent[0]!.data, "x!");
    socket.close();
  });

  test("tells its receiver directly, and nothing in the turn of its construction", async () => {
    const log: unknown[] = [];
    const receiver: SocketReceiver = {
      open: () => log.push("open"),
      data: (data) => log.push(["data", data]),
      ping: () => log.push("ping"),
      error: (error) => log.push(["error", (error as Error).message]),
      close: (reason) => log.push(["close", reason]),
    };
    const socket = new Socket({ transportImplementations: [MemoryTransport] });
    await Promise.resolve();
    socket.receiver = receiver;
    await nextTick();
    MemoryTransport.last.receive(openPacket());
    MemoryTransport.last.receive("4x");
    MemoryTransport.last.receive("2");
    socket.send("y");
    MemoryTransport.last.receive("9");
    assert.deepEqual(log, ["open", ["data", "x"], "ping", ["error", "server error"], ["close", "transport error"]]);
  });

  test("works behind a Proxy that wraps every object, as frameworks make them", async () => {
    const wrap = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(object, name, receiver) {
          const value = Reflect.get(object, name, receiver) as unknown;
          return typeof value === "object" && value !== null ? wrap(value) : value;
        },
      });
    const { socket: raw, transport } = await inMemory();
    const socket = wrap(raw);
    socket.send("x");
    assert.equal(transport.sent[0]!.data, "x");
    assert.equal(socket.readyState, "open");
    assert.equal(socket._hasPingExpired(), false);
    assert.equal(socket.upgrading, false);
    assert.equal(socket.transport.writable, true);
    assert.equal(socket.writeBuffer.length, 0);
    socket.close();
    assert.equal(raw.readyState, "closed");
  });

  test("goes on with a custom transport, which is given the query and says goodbye once", async () => {
    const { socket, transport } = await inMemory({ query: { a: "1" } });
    assert.deepEqual({ ...transport.query }, { a: "1", EIO: 4, transport: "memory", sid: "abc" });
    assert.equal(socket.transport, transport);
    socket.close();
    socket.close();
    assert.equal(transport.closes, 1);
    assert.equal(socket.id, null);
    socket.send("late", () => assert.fail("nothing is sent any more"));
    assert.deepEqual(transport.sent, []);
  });

  test("what a flush listener sends leaves after the batch that was flushed", async () => {
    const { socket, transport } = await inMemory();
    socket.send("first", () => socket.send("second"));
    assert.deepEqual(
      transport.sent.map(({ data }) => data as string),
      ["first", "second"],
    );
    socket.close();
  });

  test("what a transport says after its end is not heard", async () => {
    const { socket, transport } = await inMemory();
    socket.close();
    socket.on("message", () => assert.fail("closed"));
    transport.receive("4x");
  });

  test("a transport that throws while it connects is an error", async () => {
    class Throwing extends MemoryTransport {
      override doOpen(): void {
        throw new Error("cannot");
      }
    }
    const socket = new Socket({ transportImplementations: [Throwing] });
    const [error] = await event(socket, "error");
    assert.deepEqual([error.message, error.description.message], ["memory error", "cannot"]);
  });

  test("in a page: going offline is 'transport close', except for localhost; leaving the page is silent", async (t) => {
    const tick = fakeClock(t);
    const listeners = new Map<string, Set<() => void>>();
    const page = globalThis as unknown as Record<string, unknown>;
    page["addEventListener"] = (name: string, listener: () => void) =>
      listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
    page["removeEventListener"] = (name: string, listener: () => void) => listeners.get(name)?.delete(listener);
    t.after(() => {
      delete page["addEventListener"];
      delete page["removeEventListener"];
    });
    const dispatch = (name: string): void => [...(listeners.get(name) ?? [])].forEach((listener) => listener());

    const { socket: local } = await inMemory();
    const { socket } = await inMemory({ hostname: "example.com", closeOnBeforeunload: true });
    const closed = event(socket, "close");
    dispatch("offline");
    assert.deepEqual(await closed, ["transport close", { description: "network connection lost" }]);
    assert.equal(local.readyState, "open");
    local.close();
    assert.equal(
      [...listeners.values()].reduce((sum, { size }) => sum + size, 0),
      0,
    );

    const { socket: leaving, transport } = await inMemory({ closeOnBeforeunload: true });
    const log = journal(leaving);
    dispatch("beforeunload");
    assert.equal(transport.closes, 1);
    assert.deepEqual(log, []);
    // A user who stays on the page after all gets the connection back by the heartbeat.
    tick(45_000);
    assert.deepEqual(log, ["close: ping timeout"]);
  });
});

describe("autoUnref", { timeout: 60_000 }, () => {
  test("sets no timer that keeps the process alive", async (t) => {
    fakeClock(t);
    let timers = 0;
    let unrefs = 0;
    const { setTimeout } = globalThis;
    globalThis.setTimeout = ((callback: () => void, ms: number) => {
      timers++;
      return Object.assign(Object(setTimeout(callback, ms)) as object, { unref: () => unrefs++ });
    }) as never;
    t.after(() => (globalThis.setTimeout = setTimeout));
    const { socket } = await inMemory({ autoUnref: true });
    assert.ok(timers > 0);
    assert.equal(unrefs, timers);
    socket.close();
  });
});
