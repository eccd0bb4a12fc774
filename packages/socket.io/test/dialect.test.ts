import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import test, { describe } from "node:test";
import { attach } from "engine.io";
import { Server, type Socket } from "socket.io";
import { listen } from "../../../tests/support/listening.ts";
import { http as request, RawWebSocket } from "../../../tests/support/raw-peer.ts";
import { defaultRequest, serve, ticks, type FakeConnection, type FakeEngine } from "./support/fake-engine.ts";
import { serve as serveOnPort } from "./support/serve.ts";

describe("clients of Socket.IO 2, with allowEIO3", () => {
  test("are served over revision 3 of the engine, and conn.protocol tells them from others", async (t) => {
    const { io, port } = await serveOnPort(t, { allowEIO3: true });
    const protocols: number[] = [];
    io.on("connection", (socket) => protocols.push(socket.conn.protocol));
    const old = new RawWebSocket(port, "&EIO=3");
    assert.equal((await old.receive(2))[1], "40");
    const young = await new RawWebSocket(port).opened();
    young.send("40");
    await young.receive(2);
    assert.deepEqual(protocols, [3, 4]);
    for (const peer of [old, young]) peer.close();
  });

  test("are refused with code 5 where they are not allowed, which is the default", async (t) => {
    for (const options of [{}, { allowEIO3: false }]) {
      const { port } = await serveOnPort(t, options);
      const { status, body } = await request(port, "GET", "/socket.io/?EIO=3&transport=polling");
      assert.deepEqual([status, body], [400, '{"code":5,"message":"Unsupported protocol version"}']);
    }
  });

  test("are served by an engine that was bound, if that lets them in", async (t) => {
    const http = createServer();
    const io = new Server();
    io.bind(attach(http, { allowEIO3: true, path: "/socket.io" }));
    t.after(() => {
      void io.close();
      http.close();
    });
    const port = await listen(http);
    const peer = new RawWebSocket(port, "&EIO=3");
    assert.equal((await peer.receive(2))[1], "40");
    peer.close();
  });
});

describe("protocol 4", () => {
  test("joins the main namespace by itself, with the id of the engine session and without credentials", async () => {
    const { io, engine } = serve();
    const sockets: Socket[] = [];
    io.on("connection", (socket) => sockets.push(socket));
    const peer = old(engine);
    await ticks();
    assert.deepEqual(peer.take(), ["0"]);
    assert.deepEqual(
      sockets.map(({ id, handshake, connected }) => [id, handshake.auth, connected]),
      [[peer.id, {}, true]],
    );
  });

  test("runs the middlewares of the main namespace first, and sends what they refuse with as it is", async () => {
    const { io, engine } = serve();
    io.use((_socket, next) => setImmediate(next, new Error("root refused")));
    const peer = old(engine);
    await ticks();
    await ticks();
    assert.deepEqual(peer.take(), ['4"root refused"']);
    assert.equal(peer.readyState, "open");
  });

  test("makes the ids of other namespaces from their names and that of the session", async () => {
    const { io, engine } = serve();
    const ids: string[] = [];
    io.of("/admin").on("connection", (socket) => ids.push(socket.id));
    const peer = old(engine);
    peer.receive("0/admin,");
    await ticks();
    assert.deepEqual(peer.take(), ["0", "0/admin,"]);
    assert.deepEqual(ids, [`/admin#${peer.id}`]);
  });

  test("takes credentials from the query of a namespace, and keeps them apart from that of the request", async () => {
    const { io, engine } = serve();
    const seen: unknown[] = [];
    io.of(/^\/dyn/).on("connection", ({ handshake }) => seen.push(handshake.auth, handshake.query));
    // What follows was seen at a server of release 4.8.4.
    for (const [query, auth] of [
      ["?token=abc&x=1", { token: "abc", x: "1" }],
      ["?a=1&a=2&b", { a: "2", b: "" }],
      ["?a=%20+x&b=%zz", { a: "  x", b: "%zz" }],
      ["?a=b=c&=d", { a: "b=c", "": "d" }],
      ['?a=1,{"x":1}', { a: "1" }],
      ["", {}],
    ] as const) {
      const peer = old(engine);
      peer.receive(`0/dyn${query}${query.includes(",") ? "" : ","}`);
      await ticks();
      const withoutPrototype: unknown = Object.assign(Object.create(null), auth);
      assert.deepEqual(seen.splice(0), [withoutPrototype, { EIO: "3", transport: "websocket" }], query);
    }
  });

  test("keeps a query of hostile names apart from prototypes", async () => {
    const { io, engine } = serve();
    let auth: object = {};
    io.of("/a").on("connection", ({ handshake }) => (auth = handshake.auth));
    old(engine).receive("0/a?__proto__=1&constructor=2,");
    await ticks();
    assert.deepEqual(Object.entries(auth), [
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
    assert.equal(Object.getPrototypeOf(auth), null);
  });

  test("reads the namespace of every packet as the path of a URL", async () => {
    const { io, engine } = serve();
    const seen: unknown[] = [];
    io.of(/^\/dyn/).on("connection", (socket) => socket.onAny((...args) => seen.push(socket.nsp.name, args)));
    for (const [given, name] of [
      ["/dyn?token=abc", "/dyn"],
      ["/dyn#fragment", "/dyn"],
      ["/dyn/../dynb", "/dynb"],
      ["//x/dyn", "/dyn"],
      ["/dyné", "/dyn%C3%A9"],
      ["/dyn a", "/dyn%20a"],
      ["/dyn\\x", "/dyn/x"],
    ]) {
      const peer = old(engine);
      peer.receive(`0${given},`);
      await ticks();
      assert.deepEqual(peer.take(), ["0", `0${name},`]);
      peer.receive(`2${given},["x"]`);
      await ticks();
      assert.deepEqual(seen.splice(0), [name, ["x"]]);
    }
  });

  for (const nsp of ["//", "//[", "//a:99999/dyn"]) {
    test(`a namespace that is no URL closes the connection: ${nsp}`, async () => {
      const { engine } = serve();
      const peer = old(engine);
      await ticks();
      for (const type of ["0", "2"]) {
        peer.receive(`${type}${nsp},["x"]`);
        assert.equal(peer.readyState, "closed");
      }
      assert.deepEqual(peer.take(), ["0"]);
    });
  }

  test("refuses with data, or else with the message alone: what a client of Socket.IO 2 prints", async () => {
    const { io, engine } = serve();
    const refusals: [object, string][] = [
      [new Error("nope"), '"nope"'],
      [new Error(""), '""'],
      [Object.assign(new Error("m"), { data: { code: 1 } }), '{"code":1}'],
      [Object.assign(new Error("m"), { data: "text" }), '"text"'],
      [Object.assign(new Error("m"), { data: 0 }), '"m"'],
      [{}, ""],
    ];
    const peer = old(engine);
    await ticks();
    peer.take();
    for (const [index, [error, payload]] of refusals.entries()) {
      io.of(`/n${index}`).use((_socket, next) => next(error as Error));
      peer.receive(`0/n${index},`);
      await ticks();
      assert.deepEqual(peer.take(), [`4/n${index},${payload}`]);
    }
  });

  test("refuses unknown namespaces, and too many, by a text", async () => {
    const { io, engine } = serve({ maxNamespacesPerConnection: 2 });
    io.of("/a");
    const peer = old(engine);
    await ticks();
    peer.receive("0/nope,", "0/a,");
    await ticks();
    peer.receive("0/b,");
    assert.deepEqual(peer.take(), ["0", '4/nope,"Invalid namespace"', "0/a,", '4/b,"Too many namespaces"']);
  });

  test("details of a refusal that cannot be encoded are left out", async () => {
    const { io, engine } = serve();
    const circular: { self?: object } = {};
    circular.self = circular;
    io.of("/a").use((_socket, next) => next(Object.assign(new Error("nope"), { data: circular })));
    const peer = old(engine);
    await ticks();
    peer.receive("0/a,");
    await ticks();
    assert.deepEqual(peer.take(), ["0", '4/a,"nope"']);
  });

  test("a client that asks for the main namespace, which it has, is closed", async () => {
    const { engine } = serve();
    const peer = old(engine);
    await ticks();
    peer.receive("0");
    assert.equal(peer.readyState, "closed");
  });

  test("a connection whose main namespace was refused ends after connectTimeout", async () => {
    const { io, engine, clock } = serve({ connectTimeout: 400 });
    io.use((_socket, next) => next(new Error("nope")));
    const peer = old(engine);
    await ticks();
    clock.advance(399);
    assert.equal(peer.readyState, "open");
    clock.advance(1);
    assert.equal(peer.readyState, "closed");
  });

  test("the main namespace, once joined, keeps the connection beyond connectTimeout", async () => {
    const { engine, clock } = serve({ connectTimeout: 400 });
    const peer = old(engine);
    await ticks();
    clock.advance(10_000);
    assert.equal(peer.readyState, "open");
  });

  test("broadcasts reach clients of both protocols alike", async () => {
    const { io, engine } = serve();
    const peers = [old(engine), engine.connect()];
    await peers[1]!.join();
    peers[0]!.take();
    io.emit("x", 1, Buffer.from([2]));
    for (const peer of peers) {
      assert.deepEqual(peer.take(), ['51-["x",1,{"_placeholder":true,"num":0}]', Buffer.from([2])]);
    }
  });
});

test("no other file asks which revision is spoken", () => {
  const folder = new URL("../src/", import.meta.url);
  const asking = readdirSync(folder).filter((file) => {
    const code = readFileSync(new URL(file, folder), "utf8").replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "");
    return /(EIO3?|protocol|revision)[?!]*\s*([!=]==?|[<>]=?)|case [345]:/i.test(code);
  });
  assert.deepEqual(asking, ["dialect.ts"]);
});

/** A connection over revision 3. */
function old(engine: FakeEngine): FakeConnection {
  const url = "/socket.io/?EIO=3&transport=websocket";
  return engine.connect("websocket", { ...defaultRequest(), url, _query: { EIO: "3", transport: "websocket" } }, 3);
}
