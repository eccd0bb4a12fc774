import assert from "node:assert/strict";
import { createServer as createHttpsServer } from "node:https";
import { listen } from "../../../support/listening.ts";
import { certificate } from "../../../support/localhost-certificate.ts";
import type { Exchange } from "../../../../packages/engine.io-client/test/support/polling-server.ts";
import type { Behaviours } from "../behaviour.ts";
import { insides, type Options, type Stage } from "../stage.ts";
import { ScriptedServer } from "../script.ts";

/** Options of the engine, as `io()` hands them on (rows C-32 to C-52). */
export const engineOptions: Behaviours = {
  "transports are tried in this order where nothing is said": (stage) => {
    const { engine } = stage.io("http://127.0.0.1:1", { transports: undefined as never }).io;
    assert.deepEqual(namesOf(engine.opts.transports ?? engine.transports), ["polling", "websocket", "webtransport"]);
    assert.equal(engine.transport.name, "polling");
  },

  "transports may be classes, and may be given as transportImplementations": (stage) => {
    const { NodeWebSocket, Fetch } = stage.cell.engine;
    for (const options of [
      { transports: [Fetch, NodeWebSocket] },
      { transports: undefined, transportImplementations: [Fetch, NodeWebSocket] },
    ]) {
      const { engine } = stage.io("http://127.0.0.1:1", options).io;
      assert.deepEqual(engine.transports, ["polling", "websocket"]);
      assert.ok(engine.transport instanceof Fetch);
    }
  },

  "transports and transportImplementations together are refused at once": (stage) => {
    const { NodeWebSocket } = stage.cell.engine;
    const both = { transports: ["polling"], transportImplementations: [NodeWebSocket] } as unknown as Options;
    assert.throws(() => stage.library.io("http://127.0.0.1:1", both as object), {
      message: "specifying both 'transportImplementations' and 'transports' options is not supported",
    });
  },

  "a connection goes on to a better transport, unless upgrade is false": async (stage) => {
    const upgraded = await stage.polling();
    stage.client("/", { transports: ["polling", "websocket"] });
    const asked = stage.event(upgraded.http, "upgrade");
    await upgraded.handshake({ upgrades: ["websocket"] });
    await asked;
    const stayed = await stage.polling();
    stayed.http.on("upgrade", () => assert.fail("an upgrade"));
    stage.client("/", { transports: ["polling", "websocket"], upgrade: false });
    await stayed.handshake({ upgrades: ["websocket"] });
    await stage.quiet();
  },

  "with rememberUpgrade the next connection begins with the WebSocket that worked": async (stage) => {
    const server = await ScriptedServer.start(stage.t);
    const first = stage.io(server.url);
    await server.join();
    await stage.until(() => first.connected);
    for (const [rememberUpgrade, name] of [
      [true, "websocket"],
      [false, "polling"],
    ] as const) {
      const next = stage.io(server.url, { transports: ["polling", "websocket"], rememberUpgrade });
      assert.equal(next.io.engine.transport.name, name);
    }
  },

  "with tryAllTransports the next transport is tried where one can't connect": async (stage) => {
    const server = await ScriptedServer.start(stage.t);
    const options: Options = { transports: ["polling", "websocket"], tryAllTransports: true };
    const socket = stage.io(server.url, options);
    await stage.whileTimePasses(server.join());
    await stage.until(() => socket.connected);
    assert.equal(socket.io.engine.transport.name, "websocket");
    const without = stage.io(server.url, { ...options, tryAllTransports: false });
    const [error] = await stage.event(without, "connect_error");
    assert.equal(error.message, "xhr poll error");
  },

  "the query is sent with each request, and our own parameters can't be replaced": async (stage) => {
    const { get, poll } = await polled(stage, { query: { a: "1 &", EIO: "3", transport: "x", sid: "y" } });
    assert.equal(get.query.get("a"), "1 &");
    assert.deepEqual([get.query.get("EIO"), get.query.get("transport")], ["4", "polling"]);
    assert.deepEqual([poll.query.get("a"), poll.query.get("sid")], ["1 &", "abc"]);
  },

  "the query may be a text": async (stage) => {
    const { get } = await polled(stage, { query: "a=1&b=x%20y" });
    assert.deepEqual([get.query.get("a"), get.query.get("b")], ["1", "x y"]);
  },

  "extraHeaders go with every request of polling, and with that of a WebSocket": async (stage) => {
    const extraHeaders = { "x-token": "abc" };
    const { get, poll } = await polled(stage, { extraHeaders });
    for (const { request } of [get, poll]) assert.equal(request.headers["x-token"], "abc");
    const { wire } = await stage.joining({ extraHeaders });
    assert.equal(wire.accepted.request.headers["x-token"], "abc");
  },

  "cookies are kept and sent back with withCredentials alone": async (stage) => {
    for (const withCredentials of [true, false, undefined]) {
      const server = await stage.polling();
      stage.client("/", { transports: ["polling"], withCredentials: withCredentials as never });
      const first = await server.get();
      first.answer(OPEN, 200, { "Set-Cookie": ["a=1; Path=/", "b=2; HttpOnly"] });
      const { request } = await server.get();
      assert.equal(request.headers.cookie, withCredentials ? "a=1; b=2" : undefined);
    }
  },

  "with forceBase64 bytes are text, and the server is asked for the same": async (stage) => {
    const { socket, wire } = await stage.joined({ forceBase64: true });
    assert.equal(wire.accepted.query.get("b64"), "1");
    socket.emit("a", Buffer.from([1, 2]));
    assert.deepEqual(await wire.receive(2), ['51-["a",{"_placeholder":true,"num":0}]', "bAQI="]);
    const { get } = await polled(stage, { forceBase64: true });
    assert.equal(get.query.get("b64"), "1");
  },

  "requests of polling have a stamp unless told otherwise, a WebSocket none unless told so": async (stage) => {
    const { get, poll } = await polled(stage);
    assert.match(get.query.get("t")!, /^\w{8}$/);
    assert.notEqual(get.query.get("t"), poll.query.get("t"));
    assert.equal((await polled(stage, { timestampRequests: false })).get.query.has("t"), false);
    assert.equal((await stage.joining()).wire.accepted.query.has("t"), false);
    const { wire } = await stage.joining({ timestampRequests: true, timestampParam: "stamp" });
    assert.match(wire.accepted.query.get("stamp")!, /^\w{8}$/);
    assert.equal(wire.accepted.query.has("t"), false);
    assert.match((await polled(stage, { timestampParam: "stamp" })).get.query.get("stamp")!, /^\w{8}$/);
  },

  "transportOptions count for one transport alone": async (stage) => {
    const transportOptions = {
      polling: { extraHeaders: { "x-polling": "1" } },
      websocket: { extraHeaders: { "x-websocket": "1" } },
    };
    const { get } = await polled(stage, { transportOptions });
    assert.deepEqual([get.request.headers["x-polling"], get.request.headers["x-websocket"]], ["1", undefined]);
    const { headers } = (await stage.joining({ transportOptions })).wire.accepted.request;
    assert.deepEqual([headers["x-polling"], headers["x-websocket"]], [undefined, "1"]);
  },

  "protocols are offered by a WebSocket": async (stage) => {
    const { wire } = await stage.joining({ protocols: ["one", "two"] });
    assert.equal(wire.accepted.request.headers["sec-websocket-protocol"], "one,two");
  },

  "the path ends with a slash, unless addTrailingSlash is false": async (stage) => {
    for (const [options, path] of [
      [{}, "/socket.io/"],
      [{ path: "" }, "/socket.io/"],
      [{ path: "/x" }, "/x/"],
      [{ path: "/x/" }, "/x/"],
      [{ path: "/x", addTrailingSlash: false }, "/x"],
    ] as const) {
      const { get } = await polled(stage, options);
      assert.equal(new URL(get.request.url!, "http://h").pathname, path);
    }
  },

  "a WebSocket offers compression, unless perMessageDeflate is false": async (stage) => {
    const offered = (await stage.joining()).wire.accepted.request.headers["sec-websocket-extensions"];
    assert.match(offered!, /^permessage-deflate/);
    const { wire } = await stage.joining({ perMessageDeflate: false as never });
    assert.equal(wire.accepted.request.headers["sec-websocket-extensions"], undefined);
    assert.deepEqual(stage.io("http://127.0.0.1:1").io.engine.opts.perMessageDeflate, { threshold: 1024 });
  },

  "a server whose certificate can't be verified is refused, unless its authority or no authority is asked for": async (
    stage,
  ) => {
    const server = createHttpsServer(certificate, (_request, response) => response.writeHead(404).end());
    const port = await listen(server);
    stage.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `https://127.0.0.1:${port}`;
    const failure = async (options: Options): Promise<string> => {
      const [error] = await stage.event(stage.io(url, options), "connect_error");
      const { description } = error;
      return String(description?.error?.message ?? description?.message ?? description);
    };
    for (const transports of [["polling"], ["websocket"]] as Options["transports"][]) {
      const answered = transports![0] === "polling" ? /404/ : /Unexpected server response: 404/;
      assert.match(await failure({ transports }), /self.signed|0/);
      assert.doesNotMatch(await failure({ transports }), answered);
      assert.match(await failure({ transports, ca: certificate.cert }), answered);
      assert.match(await failure({ transports, rejectUnauthorized: false }), answered);
    }
  },

  "host, port and security come from the URL": (stage) => {
    for (const [url, hostname, port, secure] of [
      ["http://127.0.0.1:1", "127.0.0.1", "1", false],
      ["https://127.0.0.1:1", "127.0.0.1", "1", true],
      ["wss://127.0.0.1:1", "127.0.0.1", "1", true],
      ["ws://127.0.0.1", "127.0.0.1", "80", false],
      ["https://127.0.0.1", "127.0.0.1", "443", true],
      ["http://[::1]:1", "::1", "1", false],
    ] as const) {
      const { engine } = stage.io(url).io;
      assert.deepEqual([engine.hostname, String(engine.port), engine.secure], [hostname, port, secure], url);
    }
  },

  "the engine is open to who wants to know more: id, transport, and what it sends": async (stage) => {
    const { socket } = await stage.joined();
    const { engine } = socket.io;
    assert.equal(engine.id, "abc");
    assert.equal(engine.readyState, "open");
    assert.equal(engine.transport.name, "websocket");
    assert.ok(engine instanceof stage.cell.engine.Socket);
    const created: unknown[] = [];
    engine.on("packetCreate", (packet) => created.push(insides(packet).data));
    socket.emit("a");
    assert.deepEqual(created, ['2["a"]']);
  },
};

const OPEN = '0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

/** The first two requests of a client that polls. */
async function polled(stage: Stage, options: Options = {}): Promise<{ get: Exchange; poll: Exchange }> {
  const server = await stage.polling();
  stage.client("/", { transports: ["polling"], ...options });
  const get = await server.get();
  get.answer(OPEN);
  return { get, poll: await server.get() };
}

function namesOf(transports: readonly unknown[]): string[] {
  return transports.map((transport) =>
    typeof transport === "string" ? transport : (transport as { prototype: { name: string } }).prototype.name,
  );
}
